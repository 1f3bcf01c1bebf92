/** A case, live: each place that holds personal data ticks off as it answers. Works signed out, by the case secret. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useLanguage, useWords } from "../../app/language";
import { secretFromFragment, usePlace } from "../../app/place";
import type { PageProps } from "../../app/routes";
import type { Case, CaseState } from "../../api/shapes";
import { caseWords, placeIn } from "../../messages/cases";
import { dayAndTime, localeOf } from "../../messages/dates";
import { Link } from "../../parts/link";
import { Linked } from "../../parts/linked";
import { Loading } from "../../parts/loading";
import { Notice } from "../../parts/notice";
import { Page } from "../../parts/page";
import { ProblemAlert } from "../../parts/problem-alert";
import { isOver, isUnknown, useCase } from "./follow";
import { words as pageWords } from "./messages";
import { useOneByOne } from "./one-by-one";
import { Certificate, Package } from "./outcome";
import { Places } from "./places";
import type { PlaceProgress } from "./places";
import { Ring } from "./ring";
import "./case.css";

const DONE = "done";

/** Where an erasure stands by what its places have answered, so that its words and its ticks say the same. */
function stateSeen(state: CaseState, holders: readonly PlaceProgress[], recipients: readonly PlaceProgress[]): CaseState {
  if (state !== "waiting_for_recipients" && state !== "closed") return state;
  if (!holders.every((place) => place.done)) return "executing";
  return recipients.every((place) => place.done) ? "closed" : state;
}

function useStateWords(right: Case["right"], state: CaseState): { title: string; text: string } {
  const { states, erasure } = useWords(caseWords);
  if (right === "erasure" && (state === "executing" || state === "waiting_for_recipients" || state === "closed")) {
    return erasure[state];
  }
  return states[state];
}

function useHolders(shown: Case): readonly PlaceProgress[] {
  const { holders } = useWords(caseWords);
  return shown.holders.map(({ holder, state, at }) => ({
    id: holder,
    ...placeIn(holders, holder),
    done: state === DONE,
    at,
  }));
}

function useRecipients(shown: Case): readonly PlaceProgress[] {
  const { recipients } = useWords(caseWords);
  return shown.recipients.map(({ recipient, state, at }) => ({
    id: recipient,
    ...placeIn(recipients, recipient),
    done: state === DONE,
    at,
  }));
}

/** Says which places have finished since last time, and how many there are now. */
function Announcer({ places, ending }: { places: readonly PlaceProgress[]; ending: string }) {
  const words = useWords(pageWords);
  const told = useRef(new Set<string>());
  const [news, setNews] = useState("");
  useEffect(() => {
    const fresh = places.filter((place) => place.done && !told.current.has(place.id));
    for (const place of fresh) told.current.add(place.id);
    if (fresh.length === 0) return;
    const names = fresh.map((place) => `${place.name}: ${words.done}.`).join(" ");
    const finished = places.filter((place) => place.done).length;
    setNews(`${names} ${words.of(finished, places.length)}.${finished === places.length ? ` ${ending}.` : ""}`);
  }, [places, words, ending]);
  return <p class="ds-sr-only" aria-live="polite">{news}</p>;
}

const BRIEF_SECONDS = 60;

/** How long our own places took, once they are done, if it was brief enough to be worth telling. */
function useTook(shown: Case): string | undefined {
  const words = useWords(pageWords);
  const language = useLanguage();
  const ends = shown.holders.map(({ at }) => (at ? new Date(at).getTime() : Number.NaN));
  const seconds = (Math.max(...ends) - new Date(shown.received_at).getTime()) / 1000;
  if (ends.length === 0 || !(seconds >= 0 && seconds < BRIEF_SECONDS)) return undefined;
  const style = { style: "unit", unit: "second", unitDisplay: "long", maximumFractionDigits: 1 } as const;
  return words.took(new Intl.NumberFormat(localeOf(language), style).format(seconds));
}

function Facts({ shown }: { shown: Case }) {
  const words = useWords(pageWords);
  const language = useLanguage();
  return (
    <dl class="facts case-facts">
      <div><dt>{words.received}</dt><dd>{dayAndTime(language, shown.received_at)}</dd></div>
      {!isOver(shown) && <div><dt>{words.due}</dt><dd>{dayAndTime(language, shown.due_at)}</dd></div>}
      <div><dt>{words.number}</dt><dd><code>{shown.id}</code></dd></div>
    </dl>
  );
}

function WayBack() {
  const words = useWords(pageWords);
  return <p class="way-back"><Link class="ds-link" to="/privacy">{words.back}</Link></p>;
}

interface ShownCase {
  readonly shown: Case;
  readonly secret: string | undefined;
}

function Head({ shown, holders, recipients }: { shown: Case; holders: readonly PlaceProgress[]; recipients: readonly PlaceProgress[] }) {
  const words = useWords(pageWords);
  const took = useTook(shown);
  const state = stateSeen(shown.state, holders, recipients);
  const said = useStateWords(shown.right, state);
  const done = holders.filter((place) => place.done).length;
  return (
    <div class="case-head" data-state={state}>
      {holders.length > 0 && <Ring done={done} all={holders.length} label={words.progress(done, holders.length)} />}
      <div>
        <h2 class="ds-heading" data-size="lg">{said.title}</h2>
        <p><Linked text={said.text} /> {done === holders.length && took}</p>
      </div>
    </div>
  );
}

function Progress({ shown, secret }: ShownCase) {
  const words = useWords(pageWords);
  const answered = useHolders(shown);
  const recipients = useRecipients(shown);
  const ticked = useOneByOne(answered.filter((place) => place.done).map((place) => place.id));
  const holders = answered.map((place) => ({ ...place, done: ticked.has(place.id) }));
  const ending = useStateWords(shown.right, stateSeen(shown.state, answered, recipients));
  const hasPackage = (shown.right === "access" || shown.right === "portability") && shown.state === "closed";
  return (
    <>
      <Head shown={shown} holders={holders} recipients={recipients} />
      <Announcer places={answered} ending={ending.title} />
      <div class="case-body">
        {holders.length > 0 && (
          <section class="section">
            <h2 class="ds-heading" data-size="sm">{words.ours}</h2>
            <Places places={holders} />
          </section>
        )}
        <div class="case-side">
          {shown.right === "erasure" && <Certificate shown={shown} secret={secret} />}
          {hasPackage && <Package shown={shown} />}
          {recipients.length > 0 && (
            <section class="section">
              <h2 class="ds-heading" data-size="sm">{words.theirs}</h2>
              <p>{recipients.every((place) => place.done) ? words.theirsDone : words.theirsText}</p>
              <Places places={recipients} />
            </section>
          )}
          <Facts shown={shown} />
          {secret && <p class="quiet small">{words.keep}</p>}
          <WayBack />
        </div>
      </div>
    </>
  );
}

export function CasePage({ values }: PageProps) {
  const words = useWords(pageWords);
  const { rights } = useWords(caseWords);
  const { hash } = usePlace();
  const secret = secretFromFragment(hash, "token");
  const { found, problem, again } = useCase(values["id"] ?? "", secret);
  if (!found && problem && isUnknown(problem)) {
    return (
      <Page title={words.wrongPlace}>
        <Notice color="info" title={words.wrongPlaceText} takeFocus={false} />
        <WayBack />
      </Page>
    );
  }
  if (!found) {
    return (
      <Page title={words.plainTitle}>
        {problem ? <ProblemAlert problem={problem} again={again} /> : <Loading />}
        <WayBack />
      </Page>
    );
  }
  return (
    <Page title={words.title(rights[found.right])} width="wide">
      {problem && <p class="stale" role="status">{words.stale}</p>}
      <Progress shown={found} secret={secret} />
    </Page>
  );
}
