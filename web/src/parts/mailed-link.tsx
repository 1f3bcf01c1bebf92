/** A page reached from a mailed link: nothing happens on load, one press posts the secret in the fragment. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../app/language";
import { rewriteAddress, secretFromFragment, usePlace } from "../app/place";
import { call } from "../api/http";
import { ProblemError, kindOf } from "../api/problem";
import { messages } from "../messages/language";
import { problemWords } from "../messages/problems";
import { Form } from "./form";
import { Notice } from "./notice";
import { Page } from "./page";

const words = messages(
  { incomplete: "Länken är inte hel", how: "Öppna länken i brevet igen, eller kopiera hela adressen till webbläsaren." },
  { incomplete: "Lenken er ikke hel", how: "Åpne lenken i e-posten på nytt, eller kopier hele adressen til nettleseren." },
  { incomplete: "The link is not whole", how: "Open the link in the e-mail again, or copy the whole address into the browser." },
);

/** Whether the secret itself was refused: used, run out, or none of ours. Pressing again would not help. */
export function isDeadLink(thrown: unknown): boolean {
  if (!(thrown instanceof ProblemError)) return false;
  const { problem } = thrown;
  return kindOf(problem) === "gone" || (problem.errors ?? []).some(({ field }) => field === "token");
}

interface NoLinkProps {
  readonly title: string;
  /** The link was whole but did not hold. */
  readonly dead: boolean;
  /** Where to get another. */
  readonly children: ComponentChildren;
}

/** In place of the form, where there is no secret to post. */
export function NoLink({ title, dead, children }: NoLinkProps) {
  const own = useWords(words);
  const { gone } = useWords(problemWords);
  return (
    <Page title={title} width="narrow">
      <Notice key={String(dead)} color="warning" title={dead ? gone.title : own.incomplete} takeFocus={dead}>
        <p>{dead ? gone.means : own.how}</p>
        <p>{children}</p>
      </Notice>
    </Page>
  );
}

interface MailedLinkProps {
  readonly title: string;
  readonly lead: string;
  readonly button: string;
  readonly postTo: string;
  readonly doneTitle: string;
  readonly done: ComponentChildren;
  /** Where to get another link when this one does not hold. */
  readonly another: ComponentChildren;
}

export function MailedLink({ title, lead, button, postTo, doneTitle, done, another }: MailedLinkProps) {
  const { path, search, hash } = usePlace();
  const [ending, setEnding] = useState<"done" | "dead">();
  const token = secretFromFragment(hash, "token");
  const post = async () => {
    try {
      await call("POST", postTo, { body: { token } });
      setEnding("done");
    } catch (thrown) {
      if (!isDeadLink(thrown)) throw thrown;
      setEnding("dead");
    }
    rewriteAddress(path + search);
  };
  if (ending === "done") {
    return (
      <Page title={title} width="narrow">
        <Notice title={doneTitle}>{done}</Notice>
      </Page>
    );
  }
  if (ending === "dead" || !token) {
    return <NoLink title={title} dead={ending === "dead"}>{another}</NoLink>;
  }
  return (
    <Page title={title} lead={lead} width="narrow">
      <Form submit={button} onSubmit={post}>
        {null}
      </Form>
    </Page>
  );
}
