/** A table of facts that the platform states about itself; on narrow screens each row becomes a card. */
import { useLanguage, useWords } from "../app/language";
import { LANGUAGES } from "../messages/language";
import type { Language } from "../messages/language";
import { caseWords } from "../messages/cases";
import { columnNames } from "../messages/columns";
import { consentWords } from "../messages/consent";
import { dayAndTime, periodInWords } from "../messages/dates";
import { factWords } from "../messages/facts";
import { purposeNames } from "../messages/purposes";

type Facts = Readonly<Record<string, unknown>>;

function isTranslated(value: unknown): value is Record<Language, string> {
  return typeof value === "object" && value !== null && LANGUAGES.every((language) => language in value);
}

function inWords(value: unknown, language: Language, yes: string, no: string): string {
  if (isTranslated(value)) return value[language];
  if (typeof value === "boolean") return value ? yes : no;
  if (isNothing(value)) return "–";
  if (typeof value !== "string") return typeof value === "object" ? JSON.stringify(value) : String(value);
  if (MOMENT.test(value)) return dayAndTime(language, value);
  return periodInWords(language, value);
}

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/;

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

/** Columns in the order in which they come, without those that say nothing in any row. */
function columnsOf(rows: readonly Facts[]): string[] {
  const columns = new Set(rows.flatMap((row) => Object.keys(row).filter((key) => !isNothing(row[key]))));
  return [...columns];
}

function namesOf(places: Readonly<Record<string, { readonly name: string }>>): Record<string, string> {
  return Object.fromEntries(Object.entries(places).map(([id, { name }]) => [id, name]));
}

function wordFor(known: Readonly<Record<string, string>>, value: unknown): string | undefined {
  return typeof value === "string" && Object.hasOwn(known, value) ? known[value] : undefined;
}

interface FactsTableProps {
  readonly caption: string;
  readonly rows: readonly Facts[];
  /** Each row as a card on wide screens, too: for rows with many columns. */
  readonly cards?: boolean;
}

export function FactsTable({ caption, rows, cards = false }: FactsTableProps) {
  const language = useLanguage();
  const names: Readonly<Record<string, string>> = useWords(columnNames);
  const values = useWords(factWords);
  const { on: yes, off: no } = useWords(consentWords);
  const purposes = useWords(purposeNames);
  const { holders } = useWords(caseWords);
  const columns = columnsOf(rows);
  const known: Readonly<Record<string, string>> = { ...namesOf(holders), ...values, ...purposes };
  const nameOf = (key: string) => names[key] ?? key.replaceAll("_", " ");
  const cell = (value: unknown) => {
    const list = Array.isArray(value) && value.length > 0 ? value : [value];
    return list.map((one) => wordFor(known, one) ?? inWords(one, language, yes, no)).join(", ");
  };
  return (
    <table class="ds-table facts-table" data-cards={cards}>
      <caption class="ds-sr-only">{caption}</caption>
      <thead>
        <tr>
          {columns.map((key) => (
            <th key={key} scope="col">{nameOf(key)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index}>
            {columns.map((key) => (
              <td key={key} data-column={nameOf(key)}>{cell(row[key])}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
