/** Asks for one consent, in the place where it is needed: yes and no weigh the same. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useConsent } from "../app/consent";
import { useWords } from "../app/language";
import { problemFrom } from "../api/problem";
import type { Problem } from "../api/problem";
import { messages } from "../messages/language";
import { accountPurposes, purposeNames } from "../messages/purposes";
import type { ExplainedPurpose } from "../messages/purposes";
import { Link } from "./link";
import { ProblemAlert } from "./problem-alert";

const ownWords = messages(
  {
    title: (purpose: string) => `Samtycker du till ${purpose.toLowerCase()}?`,
    free: "Det är frivilligt, gäller bara detta, och kan återkallas när som helst under",
    privacy: "Din integritet",
    yes: "Ja, jag samtycker",
    no: "Nej tack",
  },
  {
    title: (purpose) => `Samtykker du til ${purpose.toLowerCase()}?`,
    free: "Det er frivillig, gjelder bare dette, og kan trekkes tilbake når som helst under",
    privacy: "Ditt personvern",
    yes: "Ja, jeg samtykker",
    no: "Nei takk",
  },
  {
    title: (purpose) => `Do you consent to ${purpose.toLowerCase()}?`,
    free: "It is voluntary, covers only this, and can be withdrawn at any time under",
    privacy: "Your privacy",
    yes: "Yes, I consent",
    no: "No thanks",
  },
);

export function AccountPurposeFacts({ purpose }: { purpose: ExplainedPurpose }) {
  const facts = useWords(accountPurposes);
  const { data, why, who, kept } = facts[purpose];
  return (
    <dl class="purpose-facts">
      <div><dt>{facts.labels.data}</dt><dd>{data}.</dd></div>
      <div><dt>{facts.labels.why}</dt><dd>{why}.</dd></div>
      <div><dt>{facts.labels.who}</dt><dd>{who}.</dd></div>
      <div><dt>{facts.labels.kept}</dt><dd>{kept}.</dd></div>
    </dl>
  );
}

interface ConsentPromptProps {
  readonly purpose: "text_tools" | "voice_tools";
  readonly onYes: () => void;
  readonly onNo: () => void;
  /** What else the reader should know before answering. */
  readonly children?: ComponentChildren;
}

export function ConsentPrompt({ purpose, onYes, onNo, children }: ConsentPromptProps) {
  const words = useWords(ownWords);
  const names = useWords(purposeNames);
  const { choose, putReceiptAway } = useConsent();
  const [problem, setProblem] = useState<Problem>();
  const box = useRef<HTMLElement>(null);
  useEffect(() => box.current?.focus(), []);
  const agree = async () => {
    setProblem(undefined);
    try {
      await choose({ [purpose]: true });
      putReceiptAway();
      onYes();
    } catch (thrown) {
      setProblem(problemFrom(thrown));
    }
  };
  const title = words.title(names[purpose]);
  return (
    <section class="card consent-prompt" aria-label={title} tabIndex={-1} ref={box}>
      <h2 class="ds-heading" data-size="xs">{title}</h2>
      <AccountPurposeFacts purpose={purpose} />
      {children}
      <p class="small">
        {words.free} <Link class="ds-link" to="/privacy">{words.privacy}</Link>.
      </p>
      {problem && <ProblemAlert problem={problem} />}
      <div class="equal-answers">
        <button type="button" class="ds-button" onClick={onNo}>{words.no}</button>
        <button type="button" class="ds-button" onClick={() => void agree()}>{words.yes}</button>
      </div>
    </section>
  );
}
