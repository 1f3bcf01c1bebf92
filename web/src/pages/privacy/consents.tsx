/** The account's consents: each given or withdrawn with one press. */
import { useState } from "preact/hooks";
import { useConsent } from "../../app/consent";
import { useWords } from "../../app/language";
import { problemFrom } from "../../api/problem";
import type { Problem } from "../../api/problem";
import type { Receipt } from "../../api/shapes";
import { chrome } from "../../messages/chrome";
import { ACCOUNT_PURPOSES, purposeNames } from "../../messages/purposes";
import type { ExplainedPurpose } from "../../messages/purposes";
import { AccountPurposeFacts } from "../../parts/consent-prompt";
import { Link } from "../../parts/link";
import { Loading } from "../../parts/loading";
import { ProblemAlert } from "../../parts/problem-alert";
import { Receipts } from "../../parts/receipts";
import { words as pageWords } from "./messages";

function PurposeCard({ purpose, on, toggle }: { purpose: ExplainedPurpose; on: boolean; toggle: () => void }) {
  const words = useWords(pageWords);
  const names = useWords(purposeNames);
  return (
    <li class="card">
      <h3 class="ds-heading" data-size="xs">
        {names[purpose]}{" "}
        <span class="ds-tag" data-color={on ? "success" : "neutral"}>{on ? words.given : words.notGiven}</span>
      </h3>
      <AccountPurposeFacts purpose={purpose} />
      <p class="actions">
        <button
          type="button"
          class="ds-button"
          data-variant="secondary"
          aria-label={`${on ? words.withdraw : words.give}: ${names[purpose]}`}
          onClick={(event) => event.detail < 2 && toggle()}
        >
          {on ? words.withdraw : words.give}
        </button>
      </p>
    </li>
  );
}

export function Consents() {
  const words = useWords(pageWords);
  const chromeWords = useWords(chrome);
  const { consent, problem: unread, askAgain, choose, putReceiptAway } = useConsent();
  const [problem, setProblem] = useState<Problem>();
  const [saved, setSaved] = useState<{ said: string; receipt: Receipt }>();
  const toggle = async (purpose: ExplainedPurpose, on: boolean) => {
    setProblem(undefined);
    try {
      const receipt = await choose({ [purpose]: on });
      putReceiptAway();
      const yes = purpose === "newsletter" ? words.savedLetter : words.savedYes;
      setSaved({ said: on ? yes : words.savedNo, receipt });
    } catch (thrown) {
      setProblem(problemFrom(thrown));
    }
  };
  return (
    <section class="section" id="consents">
      <h2 class="ds-heading" data-size="md">{words.consents}</h2>
      <p>{words.consentsText}</p>
      {unread && <ProblemAlert problem={unread} again={() => void askAgain()} />}
      {!consent && !unread && <Loading />}
      {consent && (
        <ul class="consent-cards">
          {ACCOUNT_PURPOSES.map((purpose) => {
            const on = consent.purposes[purpose] === true;
            return <PurposeCard key={purpose} purpose={purpose} on={on} toggle={() => void toggle(purpose, !on)} />;
          })}
        </ul>
      )}
      <p role="status" class="consent-saved">{saved?.said}</p>
      {problem && <ProblemAlert problem={problem} takeFocus />}
      <p>{words.newsletterText} <Link class="ds-link" to="/newsletter">{words.newsletterLink}</Link></p>
      <p>{words.cookieConsents} <Link class="ds-link" to="/cookies">{chromeWords.cookies}</Link></p>
      <details class="ds-details" data-variant="default">
        <summary>{words.history}</summary>
        <div><Receipts latest={saved?.receipt} /></div>
      </details>
    </section>
  );
}
