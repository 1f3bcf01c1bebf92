/** Cookie settings: each purpose given or withdrawn with one press, and the receipts of every choice. */
import { useEffect, useState } from "preact/hooks";
import { useConsent } from "../../app/consent";
import type { Choices } from "../../app/consent";
import { useWords } from "../../app/language";
import { problemFrom } from "../../api/problem";
import type { Problem } from "../../api/problem";
import type { Consent } from "../../api/shapes";
import { COOKIE_PURPOSES, consentWords } from "../../messages/consent";
import { PurposeFacts } from "../../parts/cookie-purposes";
import { Loading } from "../../parts/loading";
import { Page } from "../../parts/page";
import { ProblemAlert } from "../../parts/problem-alert";
import { Receipts } from "../../parts/receipts";
import { CookieList } from "./list";
import { words as pageWords } from "./messages";
import "./cookies.css";

interface ChoiceProps {
  readonly consent: Consent;
  readonly choose: (choices: Choices) => void;
}

const ANSWERS = ["refuse", "allow"] as const;

/** Both answers stand where they are, whatever was chosen: a second press never says the opposite of the first. */
function PurposeChoices({ consent, choose }: ChoiceProps) {
  const words = useWords(pageWords);
  const shared = useWords(consentWords);
  return (
    <ul class="cookie-purposes">
      {COOKIE_PURPOSES.map((purpose) => {
        const on = consent.purposes[purpose] === true;
        const title = shared.purposes[purpose].title;
        return (
          <li key={purpose} class="card">
            <h3 class="ds-heading" data-size="xs">
              {title}{" "}
              {consent.chosen && (
                <span class="ds-tag" data-color={on ? "success" : "neutral"}>{on ? shared.on : shared.off}</span>
              )}
            </h3>
            <PurposeFacts purpose={purpose} />
            <div class="equal-answers">
              {ANSWERS.map((answer) => (
                <button
                  key={answer}
                  type="button"
                  class="ds-button"
                  data-variant="secondary"
                  aria-label={`${words[answer]}: ${title}`}
                  aria-pressed={consent.chosen && on === (answer === "allow")}
                  onClick={() => choose({ [purpose]: answer === "allow" })}
                >
                  {words[answer]}
                </button>
              ))}
            </div>
          </li>
        );
      })}
    </ul>
  );
}

function AllAtOnce({ choose }: Pick<ChoiceProps, "choose">) {
  const words = useWords(consentWords);
  const all = (on: boolean) => Object.fromEntries(COOKIE_PURPOSES.map((purpose) => [purpose, on]));
  return (
    <div class="equal-answers">
      <button type="button" class="ds-button" onClick={() => choose(all(false))}>{words.refuseAll}</button>
      <button type="button" class="ds-button" onClick={() => choose(all(true))}>{words.acceptAll}</button>
    </div>
  );
}

export function CookiesPage() {
  const words = useWords(pageWords);
  const { consent, problem: unread, receipt, askAgain, choose, putReceiptAway } = useConsent();
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => putReceiptAway, [putReceiptAway]);
  const answer = (choices: Choices) => {
    setProblem(undefined);
    choose(choices).catch((thrown: unknown) => setProblem(problemFrom(thrown)));
  };
  return (
    <Page title={words.title} lead={words.lead}>
      <section class="section">
        <h2 class="ds-heading" data-size="sm">{words.choices}</h2>
        {unread && <ProblemAlert problem={unread} again={() => void askAgain()} />}
        {!consent && !unread && <Loading />}
        {consent && (
          <>
            <p>{consent.chosen ? words.chosen : words.notChosen}</p>
            <PurposeChoices consent={consent} choose={answer} />
            <AllAtOnce choose={answer} />
            <p role="status" class="cookie-saved">
              {receipt && words.saved}
            </p>
            {problem && <ProblemAlert problem={problem} takeFocus />}
          </>
        )}
      </section>
      <section class="section">
        <h2 class="ds-heading" data-size="sm">{words.history}</h2>
        <p>{words.historyText}</p>
        <Receipts latest={receipt} />
      </section>
      <section class="section">
        <h2 class="ds-heading" data-size="sm">{words.list}</h2>
        <CookieList />
        <p class="quiet">{words.browser}</p>
      </section>
    </Page>
  );
}
