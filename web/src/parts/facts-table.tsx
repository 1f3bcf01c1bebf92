/** A table of facts that the platform states about itself; on narrow screens each row becomes a card. */
import { useLanguage, useWords } from "../app/language";
import { LANGUAGES } from "../messages/language";
import type { Language } from "../messages/language";
import { caseWords } from "../messages/cases";
import { dayAndTime, periodInWords } from "../messages/dates";
import { factNames } from "../messages/facts";
import { purposeNames } from "../messages/purposes";

type Facts = Readonly<Record<string, unknown>>;

function isTranslated(value: unknown): value is Record<Language, string> {
  return typeof value === "object" && value !== null && LANGUAGES.every((language) => language in value);
}

function inWords(value: unknown, language: Language, yes: string, no: string): string {
  if (isTranslated(value)) return value[language];
  if (Array.isArray(value)) return value.map((one) => inWords(one, language, yes, no)).join(", ");
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
function columnsOf(rows: readonly Facts[], without: readonly string[]): string[] {
  const columns = new Set(rows.flatMap((row) => Object.keys(row).filter((key) => !isNothing(row[key]))));
  return [...columns].filter((key) => !without.includes(key));
}

function namesOf(places: Readonly<Record<string, { readonly name: string }>>): Record<string, string> {
  return Object.fromEntries(Object.entries(places).map(([id, { name }]) => [id, name]));
}

interface FactsTableProps {
  readonly caption: string;
  readonly rows: readonly Facts[];
  readonly without?: readonly string[];
}

export function FactsTable({ caption, rows, without = [] }: FactsTableProps) {
  const language = useLanguage();
  const { columns: names, values, yes, no } = useWords(factNames);
  const purposes = useWords(purposeNames);
  const { holders } = useWords(caseWords);
  const columns = columnsOf(rows, without);
  const known: Readonly<Record<string, string>> = { ...namesOf(holders), ...values, ...purposes };
  const nameOf = (key: string) => (names as Readonly<Record<string, string>>)[key] ?? key.replaceAll("_", " ");
  const cell = (value: unknown) => {
    const words = inWords(value, language, yes, no);
    return words.split(", ").map((one) => known[one] ?? one).join(", ");
  };
  return (
    <table class="ds-table facts-table">
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
