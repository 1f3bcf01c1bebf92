/** Asks for the newsletter; nothing begins before the mailed link is confirmed. */
import { useState } from "preact/hooks";
import { useWords } from "../../app/language";
import { call } from "../../api/http";
import { looksLikeEmail } from "../../messages/account";
import { CheckMail } from "../../parts/check-mail";
import { CheckField, TextField } from "../../parts/field";
import { Form } from "../../parts/form";
import type { Values } from "../../parts/form";
import { Linked } from "../../parts/linked";
import { Page } from "../../parts/page";
import { words as pageWords } from "./messages";

export function NewsletterPage() {
  const words = useWords(pageWords);
  const [typed, setTyped] = useState<string>();
  const [sent, setSent] = useState(false);
  if (sent) {
    return (
      <Page title={words.title} width="narrow">
        <CheckMail address={typed ?? ""} change={() => setSent(false)}>
          <p>{words.sentText}</p>
        </CheckMail>
      </Page>
    );
  }
  const subscribe = async (values: Values) => {
    const body = { email: values["email"], consent: values["consent"] === "on" };
    await call("POST", "/api/newsletter/subscriptions", { body });
    setTyped(values["email"]);
    setSent(true);
  };
  const check = (values: Values) => (looksLikeEmail(values["email"] ?? "") ? {} : { email: words.emailForm });
  return (
    <Page title={words.title} lead={words.lead} width="narrow">
      <Form submit={words.submit} onSubmit={subscribe} check={check}>
        <TextField label={words.email} name="email" type="email" autocomplete="email" initial={typed} />
        <CheckField label={words.agree} name="consent" description={<Linked text={words.agreeAbout} />} />
      </Form>
      <p class="quiet small">{words.basis}</p>
    </Page>
  );
}
