/** The answer as it grows, and what can be done with it. */
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useLanguage, useWords } from "../../app/language";
import { Icon } from "../../parts/icon";
import { Markdown } from "../../parts/markdown";
import { ProblemAlert } from "../../parts/problem-alert";
import { Announcer } from "./announcer";
import { isRunning } from "./generation";
import type { Generation } from "./generation";
import { words as pageWords } from "./messages";
import { useReadAloud } from "./read-aloud";

const COPIED_MS = 2500;

function Copy({ text }: { text: string }) {
  const words = useWords(pageWords);
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MS);
  };
  return (
    <>
      <button type="button" class="ds-button" data-variant="secondary" onClick={() => void copy()}>
        <Icon name="copy" /> {copied ? words.copied : words.copy}
      </button>
      <span role="status" class="ds-sr-only">{copied && words.copied}</span>
    </>
  );
}

function ReadAloud({ text, language }: { text: string; language: string }) {
  const words = useWords(pageWords);
  const { supported, reading, voiceless, read, stop } = useReadAloud(language);
  if (!supported) return null;
  return (
    <>
      <button
        type="button"
        class="ds-button"
        data-variant="secondary"
        onClick={() => (reading ? stop() : read(text))}
      >
        <Icon name={reading ? "stop" : "speaker"} /> {reading ? words.stopReading : words.readAloud}
      </button>
      {voiceless && <p class="small" role="status">{words.noVoice}</p>}
    </>
  );
}

interface StopHereProps {
  readonly stop: () => void;
  readonly answer: RefObject<HTMLElement | null>;
}

/** Stands at the end of what can be seen of a long answer; leaves its focus to the answer. */
function StopHere({ stop, answer }: StopHereProps) {
  const words = useWords(pageWords);
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const { current } = button;
    return () => {
      if (document.activeElement === current) answer.current?.focus({ preventScroll: true });
    };
  }, [answer]);
  return (
    <p class="answer-stop">
      <button type="button" class="ds-button" data-color="neutral" onClick={stop} ref={button}>
        <Icon name="stop" /> {words.stopAnswer}
      </button>
    </p>
  );
}

function useEnding({ stage, finishReason }: Generation): string {
  const words = useWords(pageWords);
  if (stage === "stopped") return words.stopped;
  if (stage === "withdrawn") return words.withdrawn;
  if (stage === "declined") return words.notSent;
  if (stage === "failed") return words.incomplete;
  if (finishReason === "length") return words.cutShort;
  if (finishReason === "content_filter") return words.filtered;
  return words.finished;
}

function isRemarkable({ stage, text, finishReason }: Generation): boolean {
  if (stage === "stopped" || stage === "withdrawn" || stage === "declined") return true;
  if (stage === "failed") return text !== "";
  return finishReason !== undefined && finishReason !== "stop";
}

interface AnswerProps {
  readonly generation: Generation;
  /** The language that the answer was asked for in, if it was. */
  readonly language: string | undefined;
  readonly again: () => void;
  /** Given while the button that stops is out of sight. */
  readonly stopHere: (() => void) | undefined;
  readonly takeFocus: boolean;
}

export function Answer({ generation, language, again, stopHere, takeFocus }: AnswerProps) {
  const words = useWords(pageWords);
  const pageLanguage = useLanguage();
  const ending = useEnding(generation);
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    if (takeFocus) box.current?.focus();
  }, [takeFocus]);
  const tryAgain = () => {
    box.current?.focus();
    again();
  };
  const { stage, text, problem } = generation;
  const running = isRunning(generation);
  return (
    <section class="answer" aria-labelledby="answer-title" data-stage={stage} tabIndex={-1} ref={box}>
      <h2 class="ds-heading" data-size="xs" id="answer-title">{words.answer}</h2>
      {stage === "none" && <p class="answer-place">{words.answerPlace}</p>}
      {stage === "waiting" && <p class="answer-place answer-waiting">{words.writing}</p>}
      {text && (
        <div class="answer-text" aria-busy={running} dir="auto" lang={language}>
          <Markdown text={text} under={2} />
        </div>
      )}
      {running && stopHere && <StopHere stop={stopHere} answer={box} />}
      <Announcer generation={generation} ending={ending} />
      {isRemarkable(generation) && <p class="answer-remark">{ending}</p>}
      {problem && <ProblemAlert problem={problem} again={tryAgain} />}
      {!running && text && (
        <>
          <div class="actions">
            <Copy text={text} />
            <ReadAloud text={text} language={language ?? pageLanguage} />
          </div>
          <p class="quiet small">{words.check}</p>
        </>
      )}
    </section>
  );
}
