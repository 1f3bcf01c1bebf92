/** Everything held about the person, service by service, shown only when asked for. */
import { useState } from "preact/hooks";
import { useLanguage, useWords } from "../../app/language";
import { call } from "../../api/http";
import type { HeldByService, HeldData as Held, HeldStore } from "../../api/shapes";
import { caseWords, placeIn } from "../../messages/cases";
import { periodInWords } from "../../messages/dates";
import { factWords } from "../../messages/facts";
import { FactsTable } from "../../parts/facts-table";
import { Loaded, useFetched } from "../../parts/loaded";
import { words as pageWords } from "./messages";

const fetchData = () => call<Held>("GET", "/api/privacy/data");

function Store({ store }: { store: HeldStore }) {
  const words = useWords(pageWords);
  const known: Readonly<Record<string, string>> = useWords(factWords);
  const language = useLanguage();
  const facts = [
    { name: words.forPurpose, value: known[store.purpose] ?? store.purpose },
    { name: words.onBasis, value: known[store.legal_basis] ?? store.legal_basis },
    { name: words.keptFor, value: periodInWords(language, store.retention) },
    { name: words.from, value: known[store.source] ?? store.source },
    { name: words.sharedWith, value: store.recipients.map((one) => known[one] ?? one).join(", ") || words.nobody },
  ];
  return (
    <section class="held-store">
      <h3 class="ds-heading" data-size="2xs">
        {store.categories.map((category) => known[category] ?? category).join(", ")}
        <span class="quiet small"> {store.store}</span>
      </h3>
      <dl class="purpose-facts">
        {facts.map(({ name, value }) => (
          <div key={name}><dt>{name}</dt><dd>{value}</dd></div>
        ))}
      </dl>
      <FactsTable cards caption={store.store} rows={store.rows} />
    </section>
  );
}

function Service({ data }: { data: HeldByService }) {
  const words = useWords(pageWords);
  const { holders } = useWords(caseWords);
  const place = placeIn(holders, data.service);
  const filled = data.stores.filter((store) => store.rows.length > 0);
  const count = filled.reduce((sum, store) => sum + store.rows.length, 0);
  return (
    <details class="ds-details held-service" data-variant="default">
      <summary>
        <span class="held-name">{place.name}</span>
        <span class="quiet small">{count === 0 ? words.dataNothing : words.rows(count)}</span>
      </summary>
      <div>
        {filled.length === 0 ? <p>{words.dataNothing}.</p> : filled.map((store) => <Store key={store.store} store={store} />)}
      </div>
    </details>
  );
}

function Shown() {
  const fetched = useFetched(fetchData);
  return (
    <Loaded from={fetched}>
      {({ services }) => services.map((data) => <Service key={data.service} data={data} />)}
    </Loaded>
  );
}

export function HeldData() {
  const words = useWords(pageWords);
  const [shown, setShown] = useState(false);
  return (
    <section class="section" id="data">
      <h2 class="ds-heading" data-size="md">{words.data}</h2>
      <p>{words.dataText}</p>
      <p>
        <button type="button" class="ds-button" data-variant="secondary" aria-expanded={shown} onClick={() => setShown(!shown)}>
          {shown ? words.dataHide : words.dataShow}
        </button>
      </p>
      {shown && <Shown />}
    </section>
  );
}
