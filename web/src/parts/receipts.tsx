/** The history of choices, newest first, each with its receipt. */
import { useEffect } from "preact/hooks";
import { useLanguage, useWords } from "../app/language";
import { call } from "../api/http";
import type { Purpose, Receipt, Receipts as History } from "../api/shapes";
import { consentWords } from "../messages/consent";
import { dayAndTime } from "../messages/dates";
import { messages } from "../messages/language";
import { purposeNames } from "../messages/purposes";
import { Loaded, useFetched } from "./loaded";

const ownWords = messages(
  { empty: "Inga val har registrerats ännu.", version: (version: string) => `policy ${version}` },
  { empty: "Ingen valg er registrert ennå.", version: (version) => `erklæring ${version}` },
  { empty: "No choices have been recorded yet.", version: (version) => `policy ${version}` },
);

const fetchReceipts = () => call<History>("GET", "/api/consent/receipts");

function Line({ receipt }: { receipt: Receipt }) {
  const language = useLanguage();
  const own = useWords(ownWords);
  const words = useWords(consentWords);
  const names = useWords(purposeNames);
  const answers = Object.entries(receipt.purposes) as [Purpose, boolean][];
  return (
    <li>
      <span class="receipt-answers">
        {answers.map(([purpose, on]) => (
          <span key={purpose} class="ds-tag" data-color={on ? "success" : "neutral"}>
            {names[purpose]}: {on ? words.on : words.off}
          </span>
        ))}
      </span>
      <span class="quiet small">
        {dayAndTime(language, receipt.at)}, {own.version(receipt.notice_version)},{" "}
        <code>{receipt.receipt_id}</code>
      </span>
    </li>
  );
}

/** `round` changes when a new choice has been recorded, so that the list is read again. */
export function Receipts({ round }: { round: unknown }) {
  const own = useWords(ownWords);
  const fetched = useFetched(fetchReceipts);
  const { again } = fetched;
  useEffect(() => {
    if (round !== undefined) again();
  }, [round, again]);
  return (
    <Loaded from={fetched}>
      {({ receipts }) =>
        receipts.length === 0 ? (
          <p class="quiet">{own.empty}</p>
        ) : (
          <ul class="rows">
            {receipts.map((receipt) => (
              <Line key={receipt.receipt_id} receipt={receipt} />
            ))}
          </ul>
        )
      }
    </Loaded>
  );
}
