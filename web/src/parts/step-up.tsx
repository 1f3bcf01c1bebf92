/** Asks who is sitting here once more, before something sensitive; then does what was asked. */
import { useCallback, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useWords } from "../app/language";
import { call } from "../api/http";
import { ProblemError, atField, kindOf } from "../api/problem";
import { accountWords } from "../messages/account";
import { chrome } from "../messages/chrome";
import { messages } from "../messages/language";
import { PasswordField } from "./field";
import { Form } from "./form";
import type { Values } from "./form";

const ownWords = messages(
  {
    title: "Visa att det är du",
    text: "Skriv ditt lösenord en gång till. Det gäller sedan i fem minuter.",
    submit: "Fortsätt",
    wrong: "Lösenordet stämmer inte.",
  },
  {
    title: "Vis at det er deg",
    text: "Skriv passordet ditt én gang til. Det gjelder så i fem minutter.",
    submit: "Fortsett",
    wrong: "Passordet stemmer ikke.",
  },
  {
    title: "Show that it is you",
    text: "Type your password once more. It then holds for five minutes.",
    submit: "Continue",
    wrong: "The password is not right.",
  },
);

/** Proves with a password; a wrong one is told in plain words instead of as a lost session. */
export async function reauthenticate(password: string, wrong: string): Promise<void> {
  try {
    await call("POST", "/api/auth/reauthenticate", { body: { password } });
  } catch (thrown) {
    throw atField(thrown, "password", wrong);
  }
}

type Deed = () => Promise<unknown>;

function isStepUp(thrown: unknown): boolean {
  return thrown instanceof ProblemError && kindOf(thrown.problem) === "step-up-required";
}

/** `attempt` does the deed, or keeps it until the reader has proved who they are. */
export function useStepUp() {
  const [kept, setKept] = useState<Deed>();
  const attempt = useCallback(async (deed: Deed) => {
    try {
      await deed();
      setKept(undefined);
    } catch (thrown) {
      if (!isStepUp(thrown)) throw thrown;
      setKept(() => deed);
    }
  }, []);
  const giveUp = useCallback(() => setKept(undefined), []);
  return { kept, attempt, giveUp };
}

interface StepUpProps {
  readonly attempt: (deed: Deed) => Promise<void>;
  readonly kept: Deed;
  readonly giveUp: () => void;
}

/** The field gets the focus; when the box is gone, whoever had it before does, if still on the page. */
function useFocusOnField() {
  const box = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    box.current?.querySelector("input")?.focus();
    return () => {
      requestAnimationFrame(() => {
        if (document.activeElement === document.body && before instanceof HTMLElement) before.focus();
      });
    };
  }, []);
  return box;
}

export function StepUp({ attempt, kept, giveUp }: StepUpProps) {
  const words = useWords(ownWords);
  const account = useWords(accountWords);
  const chromeWords = useWords(chrome);
  const box = useFocusOnField();
  const prove = async (values: Values) => {
    await reauthenticate(values["password"] ?? "", words.wrong);
    await attempt(kept);
  };
  return (
    <section class="card step-up" aria-label={words.title} ref={box}>
      <h3 class="ds-heading" data-size="xs">{words.title}</h3>
      <p>{words.text}</p>
      <Form
        submit={words.submit}
        onSubmit={prove}
        beside={
          <button type="button" class="ds-button" data-variant="secondary" onClick={giveUp}>
            {chromeWords.cancel}
          </button>
        }
      >
        <PasswordField label={account.password} name="password" />
      </Form>
    </section>
  );
}
