/** Asks for a reset link; the answer is the same for every address. */
import { useState } from "preact/hooks";
import { useWords } from "../../app/language";
import { call } from "../../api/http";
import { accountWords, looksLikeEmail } from "../../messages/account";
import { CheckMail } from "../../parts/check-mail";
import { TextField } from "../../parts/field";
import { Form } from "../../parts/form";
import type { Values } from "../../parts/form";
import { Page } from "../../parts/page";
import { words as pageWords } from "./messages";

export function ForgotPasswordPage() {
  const words = useWords(pageWords);
  const account = useWords(accountWords);
  const [typed, setTyped] = useState<string>();
  const [sent, setSent] = useState(false);
  if (sent) {
    return (
      <Page title={words.forgotTitle} width="narrow">
        <CheckMail address={typed ?? ""} change={() => setSent(false)}>
          <p>{words.sent}</p>
        </CheckMail>
      </Page>
    );
  }
  const ask = async (values: Values) => {
    await call("POST", "/api/auth/password/forgot", { body: values });
    setTyped(values["email"]);
    setSent(true);
  };
  const check = (values: Values) => (looksLikeEmail(values["email"] ?? "") ? {} : { email: account.emailForm });
  return (
    <Page title={words.forgotTitle} lead={words.forgotLead} width="narrow">
      <Form submit={words.send} onSubmit={ask} check={check}>
        <TextField label={account.email} name="email" type="email" autocomplete="username" initial={typed} />
      </Form>
    </Page>
  );
}
