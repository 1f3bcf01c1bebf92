/** For everyone: the rights, the way by address only, and where to complain. */
import { useState } from "preact/hooks";
import { useWords } from "../../app/language";
import { call } from "../../api/http";
import { looksLikeEmail } from "../../messages/account";
import { TextField } from "../../parts/field";
import { Form } from "../../parts/form";
import type { Values } from "../../parts/form";
import { Notice } from "../../parts/notice";
import { words as pageWords } from "./messages";

export function Rights() {
  const words = useWords(pageWords);
  return (
    <section class="section" id="rights">
      <h2 class="ds-heading" data-size="md">{words.rightsTitle}</h2>
      <ul class="ds-list">
        {words.rights.map((right) => <li key={right}>{right}</li>)}
      </ul>
      <p>{words.byMail}</p>
      <p>{words.complain}</p>
      <p class="quiet small">{words.controller}</p>
    </section>
  );
}

export function ByAddress() {
  const words = useWords(pageWords);
  const [sent, setSent] = useState(false);
  const lookUp = async (values: Values) => {
    await call("POST", "/api/privacy/lookups", { body: values });
    setSent(true);
  };
  const check = (values: Values) => (looksLikeEmail(values["email"] ?? "") ? {} : { email: words.emailForm });
  return (
    <section class="section" id="by-address">
      <h2 class="ds-heading" data-size="md">{words.noAccount}</h2>
      <p>{words.noAccountText}</p>
      {sent ? (
        <Notice title={words.lookedUp}><p>{words.lookedUpText}</p></Notice>
      ) : (
        <Form submit={words.lookup} onSubmit={lookUp} check={check}>
          <TextField label={words.email} name="email" type="email" autocomplete="email" />
        </Form>
      )}
    </section>
  );
}
