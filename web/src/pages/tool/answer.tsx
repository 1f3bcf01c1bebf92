/** The answer as it grows, and what can be done with it. */
import { useState } from "preact/hooks";
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

function ReadAloud({ text }: { text: string }) {
  const words = useWords(pageWords);
  const { supported, reading, voiceless, read, stop } = useReadAloud(useLanguage());
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

function useEnding({ stage, finishReason }: Generation): string {
  const words = useWords(pageWords);
  if (stage === "stopped") return words.stopped;
  if (stage === "failed") return words.incomplete;
  if (finishReason === "length") return words.cutShort;
  if (finishReason === "content_filter") return words.filtered;
  return words.finished;
}

interface AnswerProps {
  readonly generation: Generation;
  readonly again: () => void;
}

export function Answer({ generation, again }: AnswerProps) {
  const words = useWords(pageWords);
  const ending = useEnding(generation);
  const { stage, text, problem, finishReason } = generation;
  const over = stage === "finished" || stage === "stopped" || stage === "failed";
  const remark = stage === "stopped" || (stage === "failed" && text) || (finishReason && finishReason !== "stop");
  return (
    <section class="answer" aria-labelledby="answer-title" data-stage={stage}>
      <h2 class="ds-heading" data-size="xs" id="answer-title">{words.answer}</h2>
      {stage === "none" && <p class="answer-place">{words.answerPlace}</p>}
      {stage === "waiting" && <p class="answer-place answer-waiting">{words.writing}</p>}
      {text && (
        <div class="answer-text" aria-busy={isRunning(generation)}>
          <Markdown text={text} under={2} />
        </div>
      )}
      <Announcer generation={generation} ending={ending} />
      {remark && <p class="answer-remark">{ending}</p>}
      {problem && <ProblemAlert problem={problem} again={again} />}
      {over && text && (
        <>
          <div class="actions">
            <Copy text={text} />
            <ReadAloud text={text} />
          </div>
          <p class="quiet small">{words.check}</p>
        </>
      )}
    </section>
  );
}
