/** The ring that closes piece by piece: one piece for each place, filled when the place is done. */
const RADIUS = 52;
const AROUND = 2 * Math.PI * RADIUS;
const GAP = 7;

interface RingProps {
  readonly done: number;
  readonly all: number;
  readonly label: string;
}

export function Ring({ done, all, label }: RingProps) {
  const piece = AROUND / Math.max(all, 1);
  const closed = all > 0 && done === all;
  return (
    <svg class="ring" data-closed={closed} viewBox="0 0 128 128" role="img" aria-label={label}>
      {Array.from({ length: all }, (_, index) => (
        <circle
          key={index}
          class="ring-piece"
          data-done={index < done}
          cx="64"
          cy="64"
          r={RADIUS}
          fill="none"
          stroke-width="10"
          stroke-linecap="round"
          stroke-dasharray={`${Math.max(piece - GAP - 8, 1)} ${AROUND}`}
          transform={`rotate(${-90 + (360 / all) * index + (180 * (GAP + 8)) / AROUND} 64 64)`}
        />
      ))}
      {closed ? (
        <path class="ring-tick" d="M42 66l15 15 30-33" fill="none" stroke-width="9" stroke-linecap="round" stroke-linejoin="round" />
      ) : (
        <text x="64" y="64" text-anchor="middle" dominant-baseline="central" aria-hidden="true">
          <tspan class="ring-done">{done}</tspan>
          <tspan class="ring-all" dx="3">/{all}</tspan>
        </text>
      )}
    </svg>
  );
}
