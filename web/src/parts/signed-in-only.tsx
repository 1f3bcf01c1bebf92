/** What needs an account: shown to the signed-in, explained to everyone else. */
import type { ComponentChildren } from "preact";
import { useWords } from "../app/language";
import { usePlace } from "../app/place";
import { accountOf, useSession } from "../app/session";
import type { Account } from "../api/shapes";
import { messages } from "../messages/language";
import { Link } from "./link";
import { Loading } from "./loading";
import { Notice } from "./notice";

const ownWords = messages(
  { title: "Logga in först", text: "Det här hör till ett konto.", signIn: "Logga in", register: "Skapa konto" },
  { title: "Logg inn først", text: "Dette hører til en konto.", signIn: "Logg inn", register: "Opprett konto" },
  { title: "Sign in first", text: "This belongs to an account.", signIn: "Sign in", register: "Create an account" },
);

export function SignInFirst({ text }: { text?: string }) {
  const words = useWords(ownWords);
  const { path } = usePlace();
  return (
    <Notice color="info" title={words.title} takeFocus={false}>
      <p>{text ?? words.text}</p>
      <p class="alert-actions">
        <Link class="ds-button" data-color="accent" to={`/login?next=${encodeURIComponent(path)}`}>{words.signIn}</Link>
        <Link class="ds-link" to="/register">{words.register}</Link>
      </p>
    </Notice>
  );
}

export function SignedInOnly({ children }: { children: (account: Account) => ComponentChildren }) {
  const { who } = useSession();
  const account = accountOf(who);
  if (who === "unknown") return <Loading />;
  return account ? <>{children(account)}</> : <SignInFirst />;
}
