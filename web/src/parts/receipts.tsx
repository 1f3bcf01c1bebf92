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
  {
    empty: "Det finns inga kvitton att visa.",
    version: (version: string) => `policy ${version}`,
  },
  {
    empty: "Det er ingen kvitteringer å vise.",
    version: (version) => `erklæring ${version}`,
  },
  {
    empty: "There are no receipts to show.",
    version: (version) => `policy ${version}`,
  },
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

/** The latest choice stands first even where the platform no longer knows whose it was. */
function withLatest(history: readonly Receipt[], latest: Receipt | undefined): readonly Receipt[] {
  const known = history.some((receipt) => receipt.receipt_id === latest?.receipt_id);
  return latest && !known ? [latest, ...history] : history;
}

/** A new `latest` means that a choice has been recorded, and the list is read again. */
export function Receipts({ latest }: { latest: Receipt | undefined }) {
  const own = useWords(ownWords);
  const fetched = useFetched(fetchReceipts);
  const { again } = fetched;
  useEffect(() => {
    if (latest) again();
  }, [latest, again]);
  return (
    <Loaded from={fetched}>
      {({ receipts }) => {
        const shown = withLatest(receipts, latest);
        if (shown.length === 0) return <p class="quiet">{own.empty}</p>;
        return <ul class="rows">{shown.map((receipt) => <Line key={receipt.receipt_id} receipt={receipt} />)}</ul>;
      }}
    </Loaded>
  );
}
