/** The account's requests, and a form for a new one. */
import { useState } from "preact/hooks";
import { useLanguage, useWords } from "../../app/language";
import { call } from "../../api/http";
import type { CaseOpened, Cases as OwnCases, Right } from "../../api/shapes";
import { caseWords } from "../../messages/cases";
import { day } from "../../messages/dates";
import { TextAreaField } from "../../parts/field";
import { Form } from "../../parts/form";
import type { Values } from "../../parts/form";
import { Link } from "../../parts/link";
import { Loaded, useFetched } from "../../parts/loaded";
import { Notice } from "../../parts/notice";
import { StepUp, useStepUp } from "../../parts/step-up";
import { words as pageWords } from "./messages";

const fetchCases = () => call<OwnCases>("GET", "/api/privacy/requests");

const WANTS = ["access", "portability", "rectification", "restriction", "objection"] as const;
type Want = (typeof WANTS)[number];
/** Those that a person reads and carries out; nothing changes by itself. */
const BY_HAND: readonly Want[] = ["rectification", "restriction", "objection"];

function caseAddress({ id, case_secret }: CaseOpened): string {
  return `/privacy/requests/${id}#token=${case_secret}`;
}

function WantChoice({ chosen, choose }: { chosen: Want; choose: (want: Want) => void }) {
  const words = useWords(pageWords);
  return (
    <fieldset class="ds-fieldset">
      <legend class="ds-label">{words.which}</legend>
      {WANTS.map((want) => (
        <div key={want} class="ds-field">
          <input
            class="ds-input"
            type="radio"
            name="right"
            id={`want-${want}`}
            value={want}
            checked={want === chosen}
            aria-describedby={`want-${want}-about`}
            onChange={() => choose(want)}
          />
          <label class="ds-label" for={`want-${want}`}>{words.wants[want].title}</label>
          <p data-field="description" id={`want-${want}-about`}>{words.wants[want].text}</p>
        </div>
      ))}
    </fieldset>
  );
}

function NewCase({ onOpened }: { onOpened: () => void }) {
  const words = useWords(pageWords);
  const [want, setWant] = useState<Want>("access");
  const [opened, setOpened] = useState<CaseOpened>();
  const { kept, attempt, giveUp } = useStepUp();
  const send = (values: Values) =>
    attempt(async () => {
      const body = { right: want as Right, details: values["details"] ?? "" };
      setOpened(await call<CaseOpened>("POST", "/api/privacy/requests", { body }));
      onOpened();
    });
  if (opened) {
    return (
      <Notice title={words.opened}>
        <p>{words.openedText}</p>
        <p><Link class="ds-button" to={caseAddress(opened)}>{words.follow}</Link></p>
      </Notice>
    );
  }
  return (
    <>
      <div hidden={kept !== undefined}>
        <Form submit={words.send} onSubmit={send}>
          <WantChoice chosen={want} choose={setWant} />
          {BY_HAND.includes(want) && <TextAreaField label={words.details} name="details" description={words.byHand} />}
        </Form>
      </div>
      {kept && <StepUp kept={kept} attempt={attempt} giveUp={giveUp} />}
    </>
  );
}

export function Cases() {
  const words = useWords(pageWords);
  const language = useLanguage();
  const { rights, states } = useWords(caseWords);
  const fetched = useFetched(fetchCases);
  return (
    <section class="section" id="cases">
      <h2 class="ds-heading" data-size="md">{words.cases}</h2>
      <Loaded from={fetched}>
        {({ requests }) =>
          requests.length === 0 ? (
            <p class="quiet">{words.casesEmpty}</p>
          ) : (
            <ul class="rows">
              {requests.map((one) => (
                <li key={one.id}>
                  <span>{words.caseLine(rights[one.right], day(language, one.received_at))}</span>
                  <span class="ds-tag" data-color={one.state === "closed" ? "success" : "neutral"}>
                    {states[one.state].title}
                  </span>
                  <Link class="ds-link" to={`/privacy/requests/${one.id}`}>
                    {words.open}<span class="ds-sr-only"> {rights[one.right]}</span>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <h3 class="ds-heading" data-size="sm">{words.newCase}</h3>
      <NewCase onOpened={fetched.again} />
    </section>
  );
}
