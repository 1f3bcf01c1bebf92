/** A table of facts that the platform states about itself; on narrow screens each row becomes a card. */
import { useLanguage, useWords } from "../app/language";
import { LANGUAGES } from "../messages/language";
import type { Language } from "../messages/language";
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
  if (value === null || value === undefined || value === "") return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
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
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((key) => !without.includes(key));
  const known: Readonly<Record<string, string>> = { ...values, ...purposes };
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
