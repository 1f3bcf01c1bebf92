/** Receipts come in heaps; each is shown for itself, so that the eye can follow. */
import { useEffect, useState } from "preact/hooks";

const BETWEEN_MS = 150;

function wantsStillness(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Those of `ids` that may be shown by now: one more at a time, or all at once where motion is not wanted. */
export function useOneByOne(ids: readonly string[]): ReadonlySet<string> {
  const [shown, setShown] = useState<readonly string[]>([]);
  const next = wantsStillness() ? undefined : ids.find((id) => !shown.includes(id));
  useEffect(() => {
    if (next === undefined) return undefined;
    const timer = setTimeout(() => setShown((before) => [...before, next]), BETWEEN_MS);
    return () => clearTimeout(timer);
  }, [next]);
  return new Set(wantsStillness() ? ids : shown);
}
