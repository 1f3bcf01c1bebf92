/** Tells a screen reader what is being written, sentence by sentence, and how it ended. */
import { useEffect, useRef, useState } from "preact/hooks";
import { sentencesAfter, spoken } from "../../parts/sentences";
import { isRunning } from "./generation";
import type { Generation } from "./generation";

interface AnnouncerProps {
  readonly generation: Generation;
  readonly ending: string;
}

export function Announcer({ generation, ending }: AnnouncerProps) {
  const told = useRef(0);
  const [words, setWords] = useState("");
  useEffect(() => {
    if (generation.stage === "waiting") told.current = 0;
    if (isRunning(generation)) {
      const { words: fresh, end } = sentencesAfter(generation.text, told.current);
      if (fresh) setWords(spoken(fresh));
      told.current = end;
    } else if (generation.stage !== "none") {
      setWords(`${spoken(generation.text.slice(told.current))} ${ending}`);
      told.current = generation.text.length;
    }
  }, [generation, ending]);
  return <p class="ds-sr-only" aria-live="polite">{words}</p>;
}
