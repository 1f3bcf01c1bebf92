/** For everyone: the rights, the way by address only, and where to complain. */
import { useState } from "preact/hooks";
import { useWords } from "../../app/language";
import { call } from "../../api/http";
import { looksLikeEmail } from "../../messages/account";
import { CheckMail } from "../../parts/check-mail";
import { TextField } from "../../parts/field";
import { Form } from "../../parts/form";
import type { Values } from "../../parts/form";
import { Linked } from "../../parts/linked";
import { words as pageWords } from "./messages";

export function Rights() {
  const words = useWords(pageWords);
  return (
    <section class="section" id="rights">
      <h2 class="ds-heading" data-size="md">{words.rightsTitle}</h2>
      <ul class="ds-list">
        {words.rights.map((right) => <li key={right}>{right}</li>)}
      </ul>
      <p><Linked text={words.byMail} /></p>
      <p><Linked text={words.complain} /></p>
      <p class="quiet small">{words.controller}</p>
    </section>
  );
}

export function ByAddress() {
  const words = useWords(pageWords);
  const [typed, setTyped] = useState<string>();
  const [sent, setSent] = useState(false);
  const lookUp = async (values: Values) => {
    await call("POST", "/api/privacy/lookups", { body: values });
    setTyped(values["email"]);
    setSent(true);
  };
  const check = (values: Values) => (looksLikeEmail(values["email"] ?? "") ? {} : { email: words.emailForm });
  return (
    <section class="section" id="by-address">
      <h2 class="ds-heading" data-size="md">{words.noAccount}</h2>
      <p>{words.noAccountText}</p>
      {sent ? (
        <CheckMail address={typed ?? ""} change={() => setSent(false)}><p>{words.lookedUpText}</p></CheckMail>
      ) : (
        <Form submit={words.lookup} onSubmit={lookUp} check={check}>
          <TextField label={words.email} name="email" type="email" autocomplete="email" initial={typed} />
        </Form>
      )}
    </section>
  );
}
