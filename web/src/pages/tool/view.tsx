/** One text tool: the text on one side, the answer growing on the other. */
import type { RefObject } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useConsent } from "../../app/consent";
import { useLanguage, useWords } from "../../app/language";
import type { PageProps } from "../../app/routes";
import { accountOf, useSession } from "../../app/session";
import { kindOf } from "../../api/problem";
import type { Tool } from "../../api/shapes";
import { fetchTools } from "../../api/tools";
import { number } from "../../messages/dates";
import { ConsentPrompt } from "../../parts/consent-prompt";
import { Icon } from "../../parts/icon";
import { Link } from "../../parts/link";
import { Loaded, useFetched } from "../../parts/loaded";
import { Notice } from "../../parts/notice";
import { Page } from "../../parts/page";
import { SignInFirst } from "../../parts/signed-in-only";
import { Withdrawal } from "../../parts/withdrawal";
import { Answer } from "./answer";
import { isRunning, useGeneration } from "./generation";
import { OptionalInput, TARGET, TextInput, defaultOf, isTooLong, useComplaint, withDefaults } from "./inputs";
import { words as pageWords } from "./messages";
import { NamesWarning } from "./names-warning";
import { VoiceInput } from "./voice-input";
import "./tool.css";

let warnedOfNames = false;

type Inputs = Readonly<Record<string, string>>;

/** Somebody signed in in another tab: known here as soon as an answer comes. */
function useArrival(answered: boolean): void {
  const { who, askAgain } = useSession();
  const { askAgain: askConsent } = useConsent();
  const arrived = answered && who === "nobody";
  useEffect(() => {
    if (arrived) void Promise.all([askAgain(), askConsent()]);
  }, [arrived, askAgain, askConsent]);
}

/** Whether an element has scrolled out of sight. */
function useOutOfSight<E extends Element>() {
  const seen = useRef<E>(null);
  const [away, setAway] = useState(false);
  useEffect(() => {
    if (!seen.current) return;
    const watcher = new IntersectionObserver(([entry]) => setAway(entry?.isIntersecting === false));
    watcher.observe(seen.current);
    return () => watcher.disconnect();
  }, []);
  return { seen, away };
}

/** How much can be asked for in a day, as the account's level says it; a tool without a limit of its own shares one. */
function DailyLimit({ tool }: { tool: string }) {
  const words = useWords(pageWords);
  const language = useLanguage();
  const quotas = accountOf(useSession().who)?.quotas ?? [];
  const own = quotas.find((quota) => quota.tool === tool);
  const shared = quotas.find((quota) => quota.tool === "text");
  if (own) return <p class="small quiet daily-limit">{words.dailyLimitHere(number(language, own.limit))}</p>;
  return shared ? <p class="small quiet daily-limit">{words.dailyLimit(number(language, shared.limit))}</p> : null;
}

interface SendOrStopProps {
  readonly running: boolean;
  readonly button: RefObject<HTMLButtonElement | null>;
}

/** One button whatever it does, so that focus stays on it; the second half of a double click does nothing. */
function SendOrStop({ running, button }: SendOrStopProps) {
  const words = useWords(pageWords);
  return (
    <button
      type="submit"
      class="ds-button"
      data-color={running ? "neutral" : undefined}
      ref={button}
      onClick={(event) => event.detail > 1 && event.preventDefault()}
    >
      {running ? <><Icon name="stop" /> {words.stop}</> : words.send}
    </button>
  );
}

function Workbench({ tool }: { tool: Tool }) {
  const words = useWords(pageWords);
  const language = useLanguage();
  const { who } = useSession();
  const [text, setText] = useState("");
  const [extras, setExtras] = useState<Inputs>({});
  const [asked, setAsked] = useState(false);
  const [warning, setWarning] = useState(false);
  const [answerTakesFocus, setAnswerTakesFocus] = useState(false);
  const [answeredIn, setAnsweredIn] = useState<string>();
  const { generation, start, stop, clear, decline } = useGeneration(tool.id);
  const { seen, away } = useOutOfSight<HTMLButtonElement>();
  useArrival(generation.text !== "");
  const complaint = useComplaint(text, asked);
  const addWords = useCallback((heard: string) => setText((before) => (before ? `${before} ${heard}` : heard)), []);
  const running = isRunning(generation);

  const send = () => {
    const chosen = withDefaults(tool.inputs, extras, language);
    setWarning(false);
    setAnsweredIn(chosen[TARGET]);
    void start({ ...chosen, text });
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (running) return stop();
    setAsked(true);
    if (text.trim() === "" || isTooLong(text)) return document.getElementById("tool-text")?.focus();
    if (warnedOfNames) return send();
    clear();
    setWarning(true);
  };
  const confirmNames = () => {
    warnedOfNames = true;
    setAnswerTakesFocus(true);
    send();
  };
  const goBack = () => {
    setAnswerTakesFocus(false);
    setWarning(false);
    document.getElementById("tool-text")?.focus();
  };
  const afterConsent = (deed: () => void) => () => {
    setAnswerTakesFocus(true);
    deed();
  };

  const kind = generation.problem ? kindOf(generation.problem) : undefined;
  const needsConsent = kind === "consent-required";
  return (
    <div class="workbench">
      <form class="workbench-text" onSubmit={submit}>
        <TextInput text={text} complaint={complaint} onChange={setText} />
        <div class="workbench-extras">
          {tool.inputs.filter((input) => input.name !== "text").map((input) => (
            <OptionalInput
              key={input.name}
              input={input}
              value={extras[input.name] ?? defaultOf(input, language)}
              onChange={(value) => setExtras({ ...extras, [input.name]: value })}
            />
          ))}
        </div>
        <div class="workbench-actions">
          <SendOrStop running={running} button={seen} />
          {who !== "nobody" && <VoiceInput onWords={addWords} />}
        </div>
        {accountOf(who) && (
          <div class="workbench-terms">
            <Withdrawal purposes={["text_tools"]} given={words.consented} />
            <Withdrawal purposes={["voice_tools"]} given={words.consentedVoice} />
            <DailyLimit tool={tool.id} />
          </div>
        )}
      </form>
      <div class="workbench-answer">
        {who === "nobody" && kind !== "unauthenticated" && <SignInFirst text={words.signIn} />}
        {warning && <NamesWarning onSend={confirmNames} onBack={goBack} />}
        {needsConsent && (
          <ConsentPrompt purpose="text_tools" onYes={afterConsent(send)} onNo={afterConsent(decline)} />
        )}
        {!needsConsent && !warning && (
          <Answer
            generation={generation}
            language={answeredIn}
            again={send}
            stopHere={away ? stop : undefined}
            takeFocus={answerTakesFocus}
          />
        )}
      </div>
    </div>
  );
}

export function ToolPage({ values }: PageProps) {
  const words = useWords(pageWords);
  const language = useLanguage();
  const fetched = useFetched(useCallback(() => fetchTools(language), [language]));
  const tool = fetched.value?.tools.find((one) => one.id === values["tool"]);
  if (fetched.value && !tool) {
    return (
      <Page title={words.unknownTool}>
        <Notice color="info" title={words.unknownToolText} takeFocus={false}>
          <p><Link class="ds-link" to="/tools">{words.all}</Link></p>
        </Notice>
      </Page>
    );
  }
  return (
    <div class="page tool-page">
      <p class="breadcrumb"><Link class="ds-link" to="/tools">{words.all}</Link></p>
      <Loaded from={fetched}>{() => tool && <Tooled tool={tool} />}</Loaded>
    </div>
  );
}

function Tooled({ tool }: { tool: Tool }) {
  return (
    <Page title={tool.title} lead={tool.description} width="wide">
      <Workbench key={tool.id} tool={tool} />
    </Page>
  );
}
