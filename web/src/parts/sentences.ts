/** Cuts a growing text into whole sentences, so that a screen reader hears sentences and not syllables. */
const ENDS = /[.!?…:](?=\s)|\n+/g;

/** The whole sentences that come after `from`, and where they end. */
export function sentencesAfter(text: string, from: number): { words: string; end: number } {
  let end = from;
  ENDS.lastIndex = from;
  for (let found = ENDS.exec(text); found; found = ENDS.exec(text)) end = found.index + found[0].length;
  return { words: text.slice(from, end).trim(), end };
}

/** Without the signs that shape it, so that it can be read aloud. */
export function spoken(markdown: string): string {
  return markdown
    .replace(/^\s*(?:#{1,6}|>|[-*+]|\d+[.)])\s+/gm, "")
    .replace(/[*_`|]+/g, "")
    .trim();
}
