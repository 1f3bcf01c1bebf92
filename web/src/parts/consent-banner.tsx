/** The question about cookies: asked until answered, refusing exactly as easy as accepting. */
import { useEffect, useRef, useState } from "preact/hooks";
import { browserAsksForPrivacy, useConsent } from "../app/consent";
import { useWords } from "../app/language";
import { usePlace } from "../app/place";
import { problemFrom } from "../api/problem";
import type { Problem } from "../api/problem";
import type { CookiePurpose } from "../api/shapes";
import { chrome } from "../messages/chrome";
import { COOKIE_PURPOSES, consentWords } from "../messages/consent";
import { PurposeBoxes } from "./cookie-purposes";
import { Link } from "./link";
import { ProblemAlert } from "./problem-alert";

const RECEIPT_SHOWN_MS = 8000;
/** Whoever follows a case is not asked: nothing optional happens there, and an erasure has just taken the answer. */
const CASES = "/privacy/requests/";

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

interface AnswersProps {
  readonly answer: (choices: CookieChoices) => void;
}

function ShortAnswers({ answer, choose }: AnswersProps & { readonly choose: () => void }) {
  const words = useWords(consentWords);
  return (
    <>
      <button type="button" class="ds-button" onClick={() => answer(everyPurpose(false))}>{words.refuse}</button>
      <button type="button" class="ds-button" onClick={() => answer(everyPurpose(true))}>{words.accept}</button>
      <button type="button" class="ds-button" data-variant="tertiary" onClick={choose}>{words.choose}</button>
    </>
  );
}

/** The second half of a double click on “choose” answers nothing. */
function LongAnswers({ answer, chosen }: AnswersProps & { readonly chosen: CookieChoices }) {
  const words = useWords(consentWords);
  const answers = [
    { name: words.refuseAll, choices: everyPurpose(false) },
    { name: words.acceptAll, choices: everyPurpose(true) },
    { name: words.save, choices: { ...everyPurpose(false), ...chosen } },
  ];
  return (
    <>
      {answers.map(({ name, choices }) => (
        <button key={name} type="button" class="ds-button" onClick={(event) => event.detail < 2 && answer(choices)}>
          {name}
        </button>
      ))}
    </>
  );
}

function Question() {
  const words = useWords(consentWords);
  const { choose } = useConsent();
  const [choosing, setChoosing] = useState(false);
  const [chosen, setChosen] = useState<CookieChoices>({});
  const [problem, setProblem] = useState<Problem>();
  const box = useRoomBelow(true);
  useEffect(() => {
    if (choosing) box.current?.querySelector("input")?.focus();
  }, [choosing, box]);
  const answer = async (choices: CookieChoices) => {
    setProblem(undefined);
    try {
      await choose(choices);
      document.getElementById("content")?.focus({ preventScroll: true });
    } catch (thrown) {
      setProblem(problemFrom(thrown));
    }
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
        <div class="banner-answers" data-choosing={choosing}>
          {choosing ? (
            <LongAnswers key="long" answer={(choices) => void answer(choices)} chosen={chosen} />
          ) : (
            <ShortAnswers key="short" answer={(choices) => void answer(choices)} choose={() => setChoosing(true)} />
          )}
          <Link class="ds-link banner-policy" to="/policy">{words.policy}</Link>
        </div>
      </div>
    </div>
  );
}

/** Goes by itself, but not from under a pointer or the focus. */
function useGoingAway(shown: boolean, putAway: () => void) {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (!shown) setHeld(false);
    if (!shown || held) return;
    const timer = setTimeout(putAway, RECEIPT_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [shown, held, putAway]);
  const hold = () => setHeld(true);
  const release = () => setHeld(false);
  return { onPointerEnter: hold, onPointerLeave: release, onFocusIn: hold, onFocusOut: release };
}

/** A browser that refused everything has no number, hence no list to be led to. */
function Saved() {
  const words = useWords(consentWords);
  const chromeWords = useWords(chrome);
  const { consent, receipt, putReceiptAway } = useConsent();
  const box = useRoomBelow(receipt);
  const holding = useGoingAway(receipt !== undefined, putReceiptAway);
  const hasHistory = COOKIE_PURPOSES.some((purpose) => consent?.purposes[purpose]);
  return (
    <div role="status" class="receipt-place" ref={box}>
      {receipt && (
        <div class="receipt" {...holding}>
          <p>
            <strong>{words.saved}.</strong> {hasHistory && <Link class="ds-link" to="/cookies">{words.history}</Link>}
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
  const asking = consent !== undefined && !consent.chosen && path !== "/cookies" && !path.startsWith(CASES);
  return (
    <>
      {asking && <Question />}
      {path !== "/cookies" && <Saved />}
    </>
  );
}
