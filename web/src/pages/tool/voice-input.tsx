/** The microphone: says first who will see what, then turns speech into text in the field. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useLanguage, useWords } from "../../app/language";
import { kindOf, problemFrom } from "../../api/problem";
import type { Problem } from "../../api/problem";
import { chrome } from "../../messages/chrome";
import { ConsentPrompt } from "../../parts/consent-prompt";
import { Icon } from "../../parts/icon";
import { ProblemAlert } from "../../parts/problem-alert";
import { words as pageWords } from "./messages";

type Stage = "closed" | "telling" | "asking" | "opening" | "listening";
type Trouble = "micDenied" | "micFailed";

function useMicrophone(onWords: (words: string) => void) {
  const language = useLanguage();
  const [stage, setStage] = useState<Stage>("closed");
  const [guess, setGuess] = useState("");
  const [trouble, setTrouble] = useState<Trouble>();
  const [problem, setProblem] = useState<Problem>();
  const stopListening = useRef<() => void>(undefined);

  const close = useCallback(() => {
    stopListening.current?.();
    stopListening.current = undefined;
    setGuess("");
    setStage("closed");
  }, []);

  const tell = useCallback(() => {
    setTrouble(undefined);
    setProblem(undefined);
    setStage("telling");
  }, []);

  const open = useCallback(async () => {
    setStage("opening");
    try {
      const { listen } = await import("./voice");
      stopListening.current = await listen(language, {
        guessed: setGuess,
        heard: (words) => {
          setGuess("");
          onWords(words);
        },
        ended: (why) => {
          if (why !== "stopped") setTrouble(why === "denied" ? "micDenied" : "micFailed");
          setGuess("");
          setStage("closed");
        },
      });
      setStage((now) => (now === "opening" ? "listening" : now));
    } catch (thrown) {
      const found = problemFrom(thrown);
      const needsConsent = kindOf(found) === "consent-required";
      setStage(needsConsent ? "asking" : "closed");
      if (!needsConsent) setProblem(found);
    }
  }, [language, onWords]);

  useEffect(() => close, [close]);
  return { stage, guess, trouble, problem, tell, open, close };
}

export function VoiceInput({ onWords }: { onWords: (words: string) => void }) {
  const words = useWords(pageWords);
  const chromeWords = useWords(chrome);
  const { stage, guess, trouble, problem, tell, open, close } = useMicrophone(onWords);
  const telling = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (stage === "telling") telling.current?.focus();
  }, [stage]);
  const active = stage === "listening" || stage === "opening";
  return (
    <div class="voice">
      <button
        type="button"
        class="ds-button"
        data-variant="secondary"
        aria-expanded={stage === "telling"}
        onClick={active ? close : tell}
      >
        <Icon name={active ? "stop" : "microphone"} /> {active ? words.stopSpeaking : words.speak}
      </button>
      <p class="voice-state" role="status">
        {stage === "opening" && words.micOpening}
        {stage === "listening" && <span class="voice-live">{words.micListening}</span>}
        {trouble && words[trouble]}
      </p>
      {guess && <p class="voice-guess">{guess}</p>}
      {stage === "telling" && (
        <div class="card voice-card" role="group" aria-label={words.micTitle} tabIndex={-1} ref={telling}>
          <h2 class="ds-heading" data-size="2xs">{words.micTitle}</h2>
          <p>{words.micText}</p>
          <div class="equal-answers">
            <button type="button" class="ds-button" data-variant="secondary" onClick={close}>
              {chromeWords.cancel}
            </button>
            <button type="button" class="ds-button" data-variant="secondary" onClick={() => void open()}>
              {words.micOpen}
            </button>
          </div>
        </div>
      )}
      {stage === "asking" && <ConsentPrompt purpose="voice_tools" onYes={() => void open()} onNo={close} />}
      {problem && <ProblemAlert problem={problem} takeFocus />}
    </div>
  );
}
