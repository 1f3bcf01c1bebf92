/** One text tool: the text on one side, the answer growing on the other. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { useConsent } from "../../app/consent";
import { useLanguage, useWords } from "../../app/language";
import type { PageProps } from "../../app/routes";
import { accountOf, useSession } from "../../app/session";
import { kindOf } from "../../api/problem";
import type { Tool, ToolInput } from "../../api/shapes";
import { fetchTools } from "../../api/tools";
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
import { words as pageWords } from "./messages";
import { NamesWarning } from "./names-warning";
import { VoiceInput } from "./voice-input";
import "./tool.css";

const BYTES_MAX = 64 * 1024;
let warnedOfNames = false;

type Inputs = Readonly<Record<string, string>>;

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

interface OptionalInputProps {
  readonly input: ToolInput;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** Where there are choices, the first is what happens if nobody chooses. */
function OptionalInput({ input, value, onChange }: OptionalInputProps) {
  const id = `input-${input.name}`;
  return (
    <div class="ds-field">
      <label class="ds-label" for={id}>{input.title}</label>
      {input.choices.length > 0 ? (
        <select class="ds-input" id={id} value={value || input.choices[0]} onChange={(event) => onChange(event.currentTarget.value)}>
          {input.choices.map((choice) => (
            <option key={choice} value={choice}>{input.choice_titles[choice] ?? choice}</option>
          ))}
        </select>
      ) : (
        <input
          class="ds-input"
          id={id}
          type="text"
          maxLength={200}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </div>
  );
}

function useComplaint(text: string, asked: boolean): string | undefined {
  const words = useWords(pageWords);
  const bytes = bytesOf(text);
  if (bytes > BYTES_MAX) return words.tooLong(Math.ceil(bytes / 1024));
  return asked && text.trim() === "" ? words.empty : undefined;
}

/** Somebody signed in in another tab: known here as soon as an answer comes. */
function useArrival(answered: boolean): void {
  const { who, askAgain } = useSession();
  const { askAgain: askConsent } = useConsent();
  const arrived = answered && who === "nobody";
  useEffect(() => {
    if (arrived) void Promise.all([askAgain(), askConsent()]);
  }, [arrived, askAgain, askConsent]);
}

function Workbench({ tool }: { tool: Tool }) {
  const words = useWords(pageWords);
  const { who } = useSession();
  const [text, setText] = useState("");
  const [extras, setExtras] = useState<Inputs>({});
  const [asked, setAsked] = useState(false);
  const [warning, setWarning] = useState(false);
  const { generation, start, stop, clear } = useGeneration(tool.id);
  useArrival(generation.text !== "");
  const complaint = useComplaint(text, asked);
  const addWords = useCallback((heard: string) => setText((before) => (before ? `${before} ${heard}` : heard)), []);

  const send = () => {
    const filled = Object.entries(extras).filter(([, value]) => value.trim() !== "");
    setWarning(false);
    void start({ text, ...Object.fromEntries(filled) });
  };
  const submit = (event: Event) => {
    event.preventDefault();
    setAsked(true);
    if (text.trim() === "" || bytesOf(text) > BYTES_MAX) return document.getElementById("tool-text")?.focus();
    if (warnedOfNames) return send();
    clear();
    setWarning(true);
  };
  const confirmNames = () => {
    warnedOfNames = true;
    send();
  };

  const kind = generation.problem ? kindOf(generation.problem) : undefined;
  const needsConsent = kind === "consent-required";
  const running = isRunning(generation);
  return (
    <div class="workbench">
      <form class="workbench-text" onSubmit={submit}>
        <div class="ds-field">
          <label class="ds-label" for="tool-text">{words.yourText}</label>
          <textarea
            class="ds-input"
            id="tool-text"
            rows={12}
            placeholder={words.placeholder}
            value={text}
            aria-invalid={complaint ? true : undefined}
            aria-describedby={complaint ? "tool-text-error" : undefined}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          {complaint && <p class="ds-validation-message" id="tool-text-error">{complaint}</p>}
        </div>
        <div class="workbench-extras">
          {tool.inputs.filter((input) => input.name !== "text").map((input) => (
            <OptionalInput
              key={input.name}
              input={input}
              value={extras[input.name] ?? ""}
              onChange={(value) => setExtras({ ...extras, [input.name]: value })}
            />
          ))}
        </div>
        <div class="workbench-actions">
          {running ? (
            <button key="stop" type="button" class="ds-button" data-color="neutral" onClick={stop}>
              <Icon name="stop" /> {words.stop}
            </button>
          ) : (
            <button key="send" type="submit" class="ds-button">{words.send}</button>
          )}
          {who !== "nobody" && <VoiceInput onWords={addWords} />}
        </div>
        {accountOf(who) && <Withdrawal purposes={["text_tools"]} given={words.consented} />}
      </form>
      <div class="workbench-answer">
        {who === "nobody" && kind !== "unauthenticated" && <SignInFirst text={words.signIn} />}
        {warning && <NamesWarning onSend={confirmNames} onBack={() => setWarning(false)} />}
        {needsConsent && <ConsentPrompt purpose="text_tools" onYes={send} onNo={clear} />}
        {!needsConsent && !warning && <Answer generation={generation} again={send} />}
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
