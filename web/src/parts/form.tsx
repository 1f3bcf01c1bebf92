/** A form that checks itself in the reader's language, sends once, and shows answers beside the fields. */
import { createContext } from "preact";
import type { ComponentChildren } from "preact";
import { useContext, useRef, useState } from "preact/hooks";
import { useWords } from "../app/language";
import { problemFrom } from "../api/problem";
import type { Problem } from "../api/problem";
import { chrome } from "../messages/chrome";
import { fieldWords } from "../messages/fields";
import { ProblemAlert } from "./problem-alert";

export type Values = Readonly<Record<string, string>>;
type FieldErrors = Readonly<Record<string, string>>;

const FieldErrorsContext = createContext<FieldErrors>({});

export function useFieldError(name: string): string | undefined {
  return useContext(FieldErrorsContext)[name];
}

interface FormProps {
  readonly submit: string;
  readonly onSubmit: (values: Values) => Promise<unknown>;
  /** Errors by field name, before anything is sent. */
  readonly check?: (values: Values) => FieldErrors;
  readonly variant?: "primary" | "danger";
  readonly children: ComponentChildren;
  readonly beside?: ComponentChildren;
}

function emptyRequired(form: HTMLFormElement, empty: string, unticked: string): FieldErrors {
  const errors: Record<string, string> = {};
  for (const control of form.querySelectorAll<HTMLInputElement>("[required]")) {
    if (control.type === "checkbox" && !control.checked) errors[control.name] = unticked;
    else if (control.value.trim() === "") errors[control.name] = empty;
  }
  return errors;
}

function valuesOf(form: HTMLFormElement): Values {
  const values: Record<string, string> = {};
  for (const [name, value] of new FormData(form)) if (typeof value === "string") values[name] = value;
  return values;
}

type FieldWords = Readonly<Record<string, string>> & { readonly other: string };

function errorsOf(problem: Problem, byCode: FieldWords): FieldErrors {
  const errors = (problem.errors ?? []).map(({ field, code, words }) => {
    return [field, words ?? byCode[code ?? ""] ?? byCode.other];
  });
  return Object.fromEntries(errors) as FieldErrors;
}

/** Whether every remark has a field to stand beside; then no alert is needed above the form. */
function allHavePlace(form: HTMLFormElement, errors: FieldErrors): boolean {
  const names = Object.keys(errors);
  return names.length > 0 && names.every((name) => form.elements.namedItem(name) !== null);
}

function focusFirst(form: HTMLFormElement, errors: FieldErrors): void {
  const names = new Set(Object.keys(errors));
  const control = [...form.querySelectorAll<HTMLInputElement>("[name]")].find((one) => names.has(one.name));
  control?.focus();
}

export function Form({ submit, onSubmit, check, variant = "primary", children, beside }: FormProps) {
  const words = useWords(chrome);
  const codes = useWords(fieldWords);
  const form = useRef<HTMLFormElement>(null);
  const [errors, setErrors] = useState<FieldErrors>({});
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);

  const send = async (event: Event) => {
    event.preventDefault();
    if (!form.current || busy) return;
    const values = valuesOf(form.current);
    const found = { ...check?.(values), ...emptyRequired(form.current, words.required, codes.unticked) };
    setErrors(found);
    setProblem(undefined);
    if (Object.keys(found).length > 0) return focusFirst(form.current, found);
    setBusy(true);
    try {
      await onSubmit(values);
    } catch (thrown) {
      const answer = problemFrom(thrown);
      const remarks = errorsOf(answer, codes);
      setErrors(remarks);
      if (allHavePlace(form.current, remarks)) focusFirst(form.current, remarks);
      else setProblem(answer);
    } finally {
      setBusy(false);
    }
  };

  return (
    <FieldErrorsContext.Provider value={errors}>
      <form class="form" noValidate ref={form} onSubmit={(event) => void send(event)}>
        {problem && <ProblemAlert problem={problem} takeFocus />}
        {children}
        <div class="form-actions">
          <button
            type="submit"
            class="ds-button"
            aria-busy={busy}
            {...(variant === "danger" ? { "data-color": "danger" } : {})}
          >
            {submit}
          </button>
          {beside}
        </div>
      </form>
    </FieldErrorsContext.Provider>
  );
}
