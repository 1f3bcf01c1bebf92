/** What a tool is given: the text, and the choices beside it. */
import { useLanguage, useWords } from "../../app/language";
import type { ToolInput } from "../../api/shapes";
import { number } from "../../messages/dates";
import type { Language } from "../../messages/language";
import { words as pageWords } from "./messages";

const BYTES_MAX = 64 * 1024;
const ROUNDED_TO = 100;
/** The input that names the language of the answer. */
export const TARGET = "target_language";

type Inputs = Readonly<Record<string, string>>;
type Named = Pick<ToolInput, "name" | "choices">;

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

export function isTooLong(text: string): boolean {
  return bytesOf(text) > BYTES_MAX;
}

/** The platform counts bytes, people characters: how many too many, and how many can go, at this text's own rate. */
export function lengthInCharacters(text: string): { surplus: number; most: number } {
  const bytes = bytesOf(text);
  const most = Math.floor((BYTES_MAX * text.length) / bytes / ROUNDED_TO) * ROUNDED_TO;
  return { surplus: Math.ceil((text.length - most) / ROUNDED_TO) * ROUNDED_TO, most };
}

/** What happens if nobody chooses: the first choice, but nothing is translated into the reader's own language. */
export function defaultOf(input: Named, language: Language): string {
  const choices = input.name === TARGET ? input.choices.filter((choice) => choice !== language) : input.choices;
  return choices[0] ?? "";
}

/** The choices as they stand on the page, made or not; free inputs left empty are not sent. */
export function withDefaults(inputs: readonly Named[], chosen: Inputs, language: Language): Inputs {
  const given = inputs
    .filter((input) => input.name !== "text")
    .map((input) => [input.name, chosen[input.name] ?? defaultOf(input, language)] as const);
  return Object.fromEntries(given.filter(([, value]) => value.trim() !== ""));
}

export function useComplaint(text: string, asked: boolean): string | undefined {
  const words = useWords(pageWords);
  const language = useLanguage();
  if (isTooLong(text)) {
    const { surplus, most } = lengthInCharacters(text);
    return words.tooLong(number(language, surplus), number(language, most));
  }
  return asked && text.trim() === "" ? words.empty : undefined;
}

interface TextInputProps {
  readonly text: string;
  readonly complaint: string | undefined;
  readonly onChange: (text: string) => void;
}

export function TextInput({ text, complaint, onChange }: TextInputProps) {
  const words = useWords(pageWords);
  return (
    <div class="ds-field">
      <label class="ds-label" for="tool-text">{words.yourText}</label>
      <textarea
        class="ds-input"
        id="tool-text"
        rows={12}
        placeholder={words.placeholder}
        value={text}
        aria-invalid={complaint ? true : undefined}
        aria-describedby={complaint ? "tool-text-error" : undefined}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {complaint && <p class="ds-validation-message" id="tool-text-error">{complaint}</p>}
    </div>
  );
}

interface OptionalInputProps {
  readonly input: ToolInput;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function OptionalInput({ input, value, onChange }: OptionalInputProps) {
  const id = `input-${input.name}`;
  return (
    <div class="ds-field">
      <label class="ds-label" for={id}>{input.title}</label>
      {input.choices.length > 0 ? (
        <select class="ds-input" id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          {input.choices.map((choice) => (
            <option key={choice} value={choice}>{input.choice_titles[choice] ?? choice}</option>
          ))}
        </select>
      ) : (
        <input
          class="ds-input"
          id={id}
          type="text"
          maxLength={200}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </div>
  );
}
