/** Says that something is on its way, after a moment, so that quick answers do not flicker. */
import { useEffect, useState } from "preact/hooks";
import { useWords } from "../app/language";
import { chrome } from "../messages/chrome";

const PATIENCE_MS = 250;

export function Spinner() {
  return (
    <svg class="ds-spinner" data-size="xs" viewBox="0 0 50 50" aria-hidden="true">
      <circle class="ds-spinner__background" cx="25" cy="25" r="20" fill="none" stroke-width="5" />
      <circle class="ds-spinner__circle" cx="25" cy="25" r="20" fill="none" stroke-width="5" />
    </svg>
  );
}

export function Loading({ words }: { words?: string }) {
  const chromeWords = useWords(chrome);
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p class="loading" role="status" data-late={late}>
      {late && (
        <>
          <Spinner /> {words ?? chromeWords.loading}
        </>
      )}
    </p>
  );
}
