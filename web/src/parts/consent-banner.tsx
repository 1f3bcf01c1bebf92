/** The question about cookies: asked until answered, refusing exactly as easy as accepting. */
import { useEffect, useRef, useState } from "preact/hooks";
import { browserAsksForPrivacy, useConsent } from "../app/consent";
import { useLanguage, useWords } from "../app/language";
import { usePlace } from "../app/place";
import { problemFrom } from "../api/problem";
import type { Problem } from "../api/problem";
import type { CookiePurpose } from "../api/shapes";
import { chrome } from "../messages/chrome";
import { COOKIE_PURPOSES, consentWords } from "../messages/consent";
import { clockTime } from "../messages/dates";
import { PurposeBoxes } from "./cookie-purposes";
import { Link } from "./link";
import { ProblemAlert } from "./problem-alert";

type CookieChoices = Partial<Record<CookiePurpose, boolean>>;

function useRoomBelow(shown: unknown) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const root = document.documentElement;
    if (!box.current) return;
    const size = new ResizeObserver(() => {
      root.style.setProperty("--banner-height", `${box.current?.offsetHeight ?? 0}px`);
    });
    size.observe(box.current);
    return () => {
      size.disconnect();
      root.style.removeProperty("--banner-height");
    };
  }, [shown]);
  return box;
}

function everyPurpose(on: boolean): CookieChoices {
  return Object.fromEntries(COOKIE_PURPOSES.map((purpose) => [purpose, on]));
}

function PurposeLines() {
  const words = useWords(consentWords);
  return (
    <ul class="purpose-lines">
      {COOKIE_PURPOSES.map((purpose) => (
        <li key={purpose}>
          <strong>{words.purposes[purpose].title}:</strong> {words.purposes[purpose].line}
        </li>
      ))}
    </ul>
  );
}

function Question() {
  const words = useWords(consentWords);
  const { choose } = useConsent();
  const [choosing, setChoosing] = useState(false);
  const [chosen, setChosen] = useState<CookieChoices>({});
  const [problem, setProblem] = useState<Problem>();
  const box = useRoomBelow(true);
  const answer = (choices: CookieChoices) => {
    setProblem(undefined);
    choose(choices).catch((thrown: unknown) => setProblem(problemFrom(thrown)));
  };
  return (
    <div class="banner" role="region" aria-label={words.region} ref={box}>
      <div class="banner-inner">
        <div class="banner-words">
          <h2 class="ds-heading" data-size="xs">{words.title}</h2>
          <p>{browserAsksForPrivacy() ? words.gpc : words.text}</p>
          {choosing ? (
            <PurposeBoxes
              chosen={chosen}
              onChange={(purpose, on) => setChosen({ ...chosen, [purpose]: on })}
            />
          ) : (
            <PurposeLines />
          )}
          {problem && <ProblemAlert problem={problem} />}
        </div>
        <div class="banner-answers">
          <button type="button" class="ds-button" onClick={() => answer(everyPurpose(false))}>
            {words.refuse}
          </button>
          <button type="button" class="ds-button" onClick={() => answer(everyPurpose(true))}>
            {words.accept}
          </button>
          {choosing ? (
            <button
              type="button"
              class="ds-button"
              data-variant="secondary"
              onClick={() => answer({ ...everyPurpose(false), ...chosen })}
            >
              {words.save}
            </button>
          ) : (
            <button type="button" class="ds-button" data-variant="tertiary" onClick={() => setChoosing(true)}>
              {words.choose}
            </button>
          )}
          <Link class="ds-link banner-policy" to="/policy">{words.policy}</Link>
        </div>
      </div>
    </div>
  );
}

function Saved() {
  const words = useWords(consentWords);
  const chromeWords = useWords(chrome);
  const language = useLanguage();
  const { receipt, putReceiptAway } = useConsent();
  const box = useRoomBelow(receipt);
  return (
    <div role="status" class="receipt-place" ref={box}>
      {receipt && (
        <div class="receipt">
          <p>
            <strong>{words.saved}.</strong>{" "}
            <span>{words.receipt(receipt.receipt_id, clockTime(language, receipt.at))}</span>{" "}
            <Link class="ds-link" to="/cookies">{words.history}</Link>
          </p>
          <button type="button" class="ds-button" data-variant="tertiary" onClick={putReceiptAway}>
            {chromeWords.close}
          </button>
        </div>
      )}
    </div>
  );
}

export function ConsentBanner() {
  const { consent } = useConsent();
  const { path } = usePlace();
  const asking = consent !== undefined && !consent.chosen && path !== "/cookies";
  return (
    <>
      {asking && <Question />}
      {path !== "/cookies" && <Saved />}
    </>
  );
}
