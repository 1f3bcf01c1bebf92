/** Form fields with their label, explanation and error tied together for every kind of reader. */
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { useWords } from "../app/language";
import { chrome } from "../messages/chrome";
import { useFieldError } from "./form";

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly description?: ComponentChildren;
  readonly autocomplete?: string;
  readonly optional?: boolean;
}

function useFieldIds(name: string, described: boolean) {
  const id = useId();
  const error = useFieldError(name);
  const describedBy = [described ? `${id}-about` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return { id, error, describedBy: describedBy || undefined };
}

function Error({ id, children }: { id: string; children: ComponentChildren }) {
  return (
    <p class="ds-validation-message" id={`${id}-error`}>
      {children}
    </p>
  );
}

interface TextFieldProps extends FieldProps {
  /** What stands in it from the start, such as what was typed before. */
  readonly initial?: string | undefined;
  readonly type?: "text" | "email";
}

export function TextField({ label, name, description, type = "text", autocomplete, optional, initial }: TextFieldProps) {
  const words = useWords(chrome);
  const { id, error, describedBy } = useFieldIds(name, description !== undefined);
  return (
    <div class="ds-field">
      <label class="ds-label" for={id}>
        {label} {optional && <span class="optional">({words.optional})</span>}
      </label>
      {description && <p data-field="description" id={`${id}-about`}>{description}</p>}
      <input
        class="ds-input"
        id={id}
        name={name}
        type={type as "text"}
        defaultValue={initial}
        required={!optional}
        {...(autocomplete ? { autocomplete: autocomplete as "email" } : {})}
        spellcheck={false}
        aria-invalid={error ? true : undefined}
        aria-describedby={describedBy}
      />
      {error && <Error id={id}>{error}</Error>}
    </div>
  );
}

export function PasswordField({ label, name, description, autocomplete = "current-password" }: FieldProps) {
  const words = useWords(chrome);
  const [shown, setShown] = useState(false);
  const { id, error, describedBy } = useFieldIds(name, description !== undefined);
  return (
    <div class="ds-field">
      <label class="ds-label" for={id}>{label}</label>
      {description && <p data-field="description" id={`${id}-about`}>{description}</p>}
      <div class="password">
        <input
          class="ds-input"
          id={id}
          name={name}
          type={(shown ? "text" : "password") as "text"}
          required
          autocomplete={autocomplete as "current-password"}
          autocapitalize="off"
          spellcheck={false}
          aria-invalid={error ? true : undefined}
          aria-describedby={describedBy}
        />
        <button
          type="button"
          class="ds-button"
          data-variant="tertiary"
          aria-pressed={shown}
          aria-label={shown ? words.hidePassword : words.showPassword}
          onClick={() => setShown(!shown)}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12Z" fill="none" stroke="currentColor" stroke-width="1.8" />
            <circle cx="12" cy="12" r="3" fill="none" stroke="currentColor" stroke-width="1.8" />
            {shown && <path d="M4 20 20 4" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" />}
          </svg>
        </button>
      </div>
      {error && <Error id={id}>{error}</Error>}
    </div>
  );
}

export function TextAreaField({ label, name, description }: FieldProps) {
  const { id, error, describedBy } = useFieldIds(name, description !== undefined);
  return (
    <div class="ds-field">
      <label class="ds-label" for={id}>{label}</label>
      {description && <p data-field="description" id={`${id}-about`}>{description}</p>}
      <textarea
        class="ds-input"
        id={id}
        name={name}
        rows={4}
        maxLength={2000}
        required
        aria-invalid={error ? true : undefined}
        aria-describedby={describedBy}
      />
      {error && <Error id={id}>{error}</Error>}
    </div>
  );
}

export function CheckField({ label, name, description }: FieldProps) {
  const { id, error, describedBy } = useFieldIds(name, description !== undefined);
  return (
    <div class="check-field">
      <div class="ds-field">
        <input
          class="ds-input"
          type="checkbox"
          id={id}
          name={name}
          required
          aria-invalid={error ? true : undefined}
          aria-describedby={describedBy}
        />
        <label class="ds-label" for={id}>{label}</label>
        {description && <p data-field="description" id={`${id}-about`}>{description}</p>}
      </div>
      {error && <Error id={id}>{error}</Error>}
    </div>
  );
}
