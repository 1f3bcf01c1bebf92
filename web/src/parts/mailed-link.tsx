/** A page reached from a mailed link: nothing happens on load, one press posts the secret in the fragment. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../app/language";
import { rewriteAddress, secretFromFragment, usePlace } from "../app/place";
import { call } from "../api/http";
import { messages } from "../messages/language";
import { Form } from "./form";
import { Notice } from "./notice";
import { Page } from "./page";

const words = messages(
  { incomplete: "Länken är inte hel", how: "Öppna länken i brevet igen, eller kopiera hela adressen till webbläsaren." },
  { incomplete: "Lenken er ikke hel", how: "Åpne lenken i e-posten på nytt, eller kopier hele adressen til nettleseren." },
  { incomplete: "The link is not whole", how: "Open the link in the e-mail again, or copy the whole address into the browser." },
);

interface MailedLinkProps {
  readonly title: string;
  readonly lead: string;
  readonly button: string;
  readonly postTo: string;
  readonly doneTitle: string;
  readonly done: ComponentChildren;
}

export function MailedLink({ title, lead, button, postTo, doneTitle, done }: MailedLinkProps) {
  const { path, search, hash } = usePlace();
  const own = useWords(words);
  const [finished, setFinished] = useState(false);
  const token = secretFromFragment(hash, "token");
  const post = async () => {
    await call("POST", postTo, { body: { token } });
    setFinished(true);
    rewriteAddress(path + search);
  };
  if (finished) {
    return (
      <Page title={title} width="narrow">
        <Notice title={doneTitle}>{done}</Notice>
      </Page>
    );
  }
  if (!token) {
    return (
      <Page title={title} width="narrow">
        <Notice color="warning" title={own.incomplete} takeFocus={false}>
          <p>{own.how}</p>
        </Notice>
      </Page>
    );
  }
  return (
    <Page title={title} lead={lead} width="narrow">
      <Form submit={button} onSubmit={post}>
        {null}
      </Form>
    </Page>
  );
}
