/** The tick that stands for a promise kept or a place emptied. */
export function Tick({ class: name = "" }: { class?: string }) {
  return (
    <svg class={`tick ${name}`} viewBox="0 0 28 28" aria-hidden="true">
      <circle cx="14" cy="14" r="13" class="tick-ground" />
      <path d="M8.2 14.6l4 4 7.8-8.6" class="tick-mark" />
    </svg>
  );
}
