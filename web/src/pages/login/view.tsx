/** Sign in: with a school or other account, or with e-mail and password. */
import { useWords } from "../../app/language";
import { goTo, usePlace, withLanguage } from "../../app/place";
import { useSession } from "../../app/session";
import { useConsent } from "../../app/consent";
import { call } from "../../api/http";
import { atField } from "../../api/problem";
import type { Providers as LoginWays } from "../../api/shapes";
import { accountWords, looksLikeEmail } from "../../messages/account";
import { PasswordField, TextField } from "../../parts/field";
import { Form } from "../../parts/form";
import type { Values } from "../../parts/form";
import { Link } from "../../parts/link";
import { useFetched } from "../../parts/loaded";
import { Page } from "../../parts/page";
import { words as pageWords } from "./messages";
import "./login.css";

const fetchProviders = () => call<LoginWays>("GET", "/api/auth/providers");

/** Where to go afterwards: a path on this site only, never another site. */
function nextPath(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? "";
  return /^\/(?![/\\])/.test(next) ? next : "/tools";
}

function Providers() {
  const words = useWords(pageWords);
  const providers = useFetched(fetchProviders).value?.providers ?? [];
  const federated = providers.filter((one) => one.available && one.id !== "password");
  if (federated.length === 0) return null;
  return (
    <div class="providers">
      {federated.map((provider) => (
        <a key={provider.id} class="ds-button" data-variant="secondary" href={`/api/auth/login/${provider.id}`}>
          {words.with(provider.title)}
        </a>
      ))}
      <p class="or"><span>{words.or}</span></p>
    </div>
  );
}

export function LoginPage() {
  const words = useWords(pageWords);
  const account = useWords(accountWords);
  const { askAgain } = useSession();
  const consent = useConsent();
  const { search } = usePlace();
  const signIn = async (values: Values) => {
    try {
      await call("POST", "/api/auth/login", { body: values });
    } catch (thrown) {
      throw atField(thrown, "password", words.wrong);
    }
    await Promise.all([askAgain(), consent.askAgain()]);
    goTo(withLanguage(nextPath(search), search));
  };
  const check = (values: Values) =>
    looksLikeEmail(values["email"] ?? "") ? {} : { email: account.emailForm };
  return (
    <Page title={words.title} width="narrow">
      <Providers />
      <Form submit={words.title} onSubmit={signIn} check={check}>
        <TextField label={account.email} name="email" type="email" autocomplete="username" />
        <PasswordField label={account.password} name="password" />
      </Form>
      <ul class="aside-links">
        <li>{words.newHere} <Link class="ds-link" to="/register">{account.register}</Link></li>
        <li><Link class="ds-link" to="/password/forgot">{account.forgot}</Link></li>
      </ul>
      <div class="quiet small">
        <p>{words.basis} <Link class="ds-link" to="/policy">{words.stored}</Link></p>
        <p>{words.cookie}</p>
      </div>
    </Page>
  );
}
