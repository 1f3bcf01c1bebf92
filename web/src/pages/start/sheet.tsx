/** A sheet of text in three stages: written, worked on, and gone. */
const LINES = [14, 22, 30, 38];
const WIDTHS = [34, 28, 36, 20];

export function Sheet({ stage }: { stage: "written" | "worked-on" | "gone" }) {
  return (
    <svg class="sheet" data-stage={stage} viewBox="0 0 60 56" aria-hidden="true">
      <rect x="3" y="3" width="54" height="50" rx="8" class="sheet-paper" />
      {LINES.map((y, index) => (
        <line key={y} x1="12" x2={12 + (WIDTHS[index] ?? 20)} y1={y + 1} y2={y + 1} class="sheet-line" />
      ))}
      {stage === "worked-on" && <path d="M46 30l2.2 5.8L54 38l-5.8 2.2L46 46l-2.2-5.8L38 38l5.8-2.2z" class="sheet-spark" />}
    </svg>
  );
}
