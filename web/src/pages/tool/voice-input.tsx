/** The microphone: says once who will see what, and asks where consent is missing; then speech becomes text. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useConsent } from "../../app/consent";
import { useLanguage, useWords } from "../../app/language";
import { kindOf, problemFrom } from "../../api/problem";
import type { Problem } from "../../api/problem";
import { chrome } from "../../messages/chrome";
import { ConsentPrompt } from "../../parts/consent-prompt";
import { Icon } from "../../parts/icon";
import { ProblemAlert } from "../../parts/problem-alert";
import { words as pageWords } from "./messages";
import type { Hearing } from "./voice";

type Stage = "closed" | "telling" | "asking" | "opening" | "listening";
type Trouble = "micDenied" | "micFailed";
let toldOfMicrophone = false;

function useMicrophone(onWords: (words: string) => void) {
  const language = useLanguage();
  const [stage, setStage] = useState<Stage>("closed");
  const [guess, setGuess] = useState("");
  const [trouble, setTrouble] = useState<Trouble>();
  const [problem, setProblem] = useState<Problem>();
  const attempt = useRef(new AbortController());

  const close = useCallback(() => {
    attempt.current.abort();
    setGuess("");
    setStage("closed");
  }, []);

  const show = useCallback((next: Stage) => {
    setTrouble(undefined);
    setProblem(undefined);
    setStage(next);
  }, []);

  const open = useCallback(async () => {
    show("opening");
    const { signal } = (attempt.current = new AbortController());
    const hearing: Hearing = {
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
    };
    try {
      const { listen } = await import("./voice");
      await listen(language, hearing, signal);
      setStage((now) => (now === "opening" && !signal.aborted ? "listening" : now));
    } catch (thrown) {
      if (signal.aborted) return;
      const found = problemFrom(thrown);
      const needsConsent = kindOf(found) === "consent-required";
      setStage(needsConsent ? "asking" : "closed");
      if (!needsConsent) setProblem(found);
    }
  }, [language, onWords, show]);

  useEffect(() => close, [close]);
  return { stage, guess, trouble, problem, show, open, close };
}

interface MicrophoneCardProps {
  readonly onOpen: () => void;
  readonly onCancel: () => void;
}

function MicrophoneCard({ onOpen, onCancel }: MicrophoneCardProps) {
  const words = useWords(pageWords);
  const chromeWords = useWords(chrome);
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => card.current?.focus(), []);
  return (
    <div class="card voice-card" role="group" aria-label={words.micTitle} tabIndex={-1} ref={card}>
      <h2 class="ds-heading" data-size="2xs">{words.micTitle}</h2>
      <p>{words.micText}</p>
      <p>{words.micLands}</p>
      <div class="equal-answers">
        <button type="button" class="ds-button" data-variant="secondary" onClick={onCancel}>{chromeWords.cancel}</button>
        <button type="button" class="ds-button" data-variant="secondary" onClick={onOpen}>{words.micOpen}</button>
      </div>
    </div>
  );
}

/** What listens rests on the consent: it ends with it. */
function useEndWithConsent(granted: boolean, close: () => void) {
  const before = useRef(granted);
  useEffect(() => {
    if (before.current && !granted) close();
    before.current = granted;
  }, [granted, close]);
}

export function VoiceInput({ onWords }: { onWords: (words: string) => void }) {
  const words = useWords(pageWords);
  const { consent } = useConsent();
  const granted = consent?.purposes.voice_tools === true;
  const { stage, guess, trouble, problem, show, open, close } = useMicrophone(onWords);
  useEndWithConsent(granted, close);
  const button = useRef<HTMLButtonElement>(null);
  const active = stage === "listening" || stage === "opening";
  const expanded = stage === "telling" || stage === "asking";
  const press = () => {
    if (active || expanded) return close();
    if (consent && !granted) return show("asking");
    if (!toldOfMicrophone) return show("telling");
    void open();
  };
  const goOn = () => {
    toldOfMicrophone = true;
    button.current?.focus();
    void open();
  };
  const goBack = () => {
    button.current?.focus();
    close();
  };
  return (
    <div class="voice">
      <button type="button" class="ds-button" data-variant="secondary" aria-expanded={expanded} onClick={press} ref={button}>
        <Icon name={active ? "stop" : "microphone"} /> {active ? words.stopSpeaking : words.speak}
      </button>
      <p class="voice-state" role="status">
        {stage === "opening" && words.micOpening}
        {stage === "listening" && <span class="voice-live">{words.micListening}</span>}
        {trouble && words[trouble]}
      </p>
      {guess && <p class="voice-guess">{guess}</p>}
      {stage === "telling" && <MicrophoneCard onOpen={goOn} onCancel={goBack} />}
      {stage === "asking" && (
        <ConsentPrompt purpose="voice_tools" onYes={goOn} onNo={goBack}>
          <p class="small">{words.micLands}</p>
        </ConsentPrompt>
      )}
      {problem && <ProblemAlert problem={problem} takeFocus />}
    </div>
  );
}
