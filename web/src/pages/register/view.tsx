/** A new account by e-mail and password; the answer is the same for every address. */
import { useState } from "preact/hooks";
import { useWords } from "../../app/language";
import { call } from "../../api/http";
import { PASSWORD_MIN, accountWords, looksLikeEmail } from "../../messages/account";
import { CheckMail } from "../../parts/check-mail";
import { PasswordField, TextField } from "../../parts/field";
import { Form } from "../../parts/form";
import type { Values } from "../../parts/form";
import { Link } from "../../parts/link";
import { Page } from "../../parts/page";
import { words as pageWords } from "./messages";

export function RegisterPage() {
  const words = useWords(pageWords);
  const account = useWords(accountWords);
  const [typed, setTyped] = useState<Values>({});
  const [sent, setSent] = useState(false);
  if (sent) {
    return (
      <Page title={words.title} width="narrow">
        <CheckMail address={typed["email"] ?? ""} change={() => setSent(false)}>
          <p>{words.sent}</p>
          <p>{words.sentAlso}</p>
        </CheckMail>
      </Page>
    );
  }
  const register = async (values: Values) => {
    await call("POST", "/api/auth/register", { body: values });
    setTyped(values);
    setSent(true);
  };
  const check = (values: Values) => {
    const errors: Record<string, string> = {};
    const password = values["password"] ?? "";
    if (!looksLikeEmail(values["email"] ?? "")) errors["email"] = account.emailForm;
    if (password.length < PASSWORD_MIN) errors["password"] = account.passwordShort(password.length);
    return errors;
  };
  return (
    <Page title={words.title} lead={words.lead} width="narrow">
      <Form submit={words.title} onSubmit={register} check={check}>
        <TextField label={words.name} name="name" autocomplete="name" initial={typed["name"]} />
        <TextField label={account.email} name="email" type="email" autocomplete="username" initial={typed["email"]} />
        <PasswordField
          label={account.password}
          name="password"
          description={account.passwordAdvice}
          autocomplete="new-password"
        />
      </Form>
      <p>{words.have} <Link class="ds-link" to="/login">{account.signIn}</Link></p>
      <div class="quiet small">
        <p>{words.basis}</p>
        <p>{words.noConsent}</p>
      </div>
    </Page>
  );
}
