/** The name and its mark: a page with a spark of cloudberry. */
export function Wordmark() {
  return (
    <svg class="wordmark" viewBox="0 0 132 32" aria-hidden="true">
      <rect width="32" height="32" rx="9.5" class="wordmark-tile" />
      <path d="M10.5 8.5v11.2a3.8 3.8 0 0 0 3.8 3.8h8" class="wordmark-letter" />
      <circle cx="21" cy="12.5" r="3.4" class="wordmark-spark" />
      <text x="42" y="23" class="wordmark-name">Larabot</text>
    </svg>
  );
}
