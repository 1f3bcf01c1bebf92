/** The account's own safety: where it is signed in, and its password. */
import { useState } from "preact/hooks";
import { useLanguage, useWords } from "../../app/language";
import { call } from "../../api/http";
import { atField, problemFrom } from "../../api/problem";
import type { Problem } from "../../api/problem";
import type { Account, Sessions as LiveSessions } from "../../api/shapes";
import { PASSWORD_MIN, accountWords } from "../../messages/account";
import { dayAndTime } from "../../messages/dates";
import { factWords } from "../../messages/facts";
import { PasswordField } from "../../parts/field";
import { Form } from "../../parts/form";
import type { Values } from "../../parts/form";
import { Link } from "../../parts/link";
import { Loaded, useFetched } from "../../parts/loaded";
import { Notice } from "../../parts/notice";
import { Page } from "../../parts/page";
import { ProblemAlert } from "../../parts/problem-alert";
import { SignedInOnly } from "../../parts/signed-in-only";
import { words as pageWords } from "./messages";
import "./security.css";

const fetchSessions = () => call<LiveSessions>("GET", "/api/auth/sessions");

function AccountFacts({ account }: { account: Account }) {
  const words = useWords(pageWords);
  const levels: Readonly<Record<string, string>> = useWords(factWords);
  return (
    <section class="section">
      <h2 class="ds-heading" data-size="sm">{words.account}</h2>
      <dl class="facts">
        <div><dt>{words.name}</dt><dd>{account.name}</dd></div>
        <div><dt>{words.email}</dt><dd>{account.email}</dd></div>
        <div><dt>{words.level}</dt><dd>{levels[account.tier] ?? account.tier}</dd></div>
      </dl>
    </section>
  );
}

function Sessions() {
  const words = useWords(pageWords);
  const language = useLanguage();
  const fetched = useFetched(fetchSessions);
  const [ended, setEnded] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const end = async (path: string) => {
    setProblem(undefined);
    try {
      await call("DELETE", path);
      setEnded(true);
      fetched.again();
    } catch (thrown) {
      setProblem(problemFrom(thrown));
    }
  };
  return (
    <section class="section">
      <h2 class="ds-heading" data-size="sm">{words.sessions}</h2>
      <p>{words.sessionsText}</p>
      {problem && <ProblemAlert problem={problem} takeFocus />}
      <p role="status" class="quiet">{ended && words.ended}</p>
      <Loaded from={fetched}>
        {({ sessions }) => (
          <>
            <ul class="rows">
              {sessions.map((session) => (
                <li key={session.id}>
                  <span>
                    {words.since(dayAndTime(language, session.created_at))},{" "}
                    {words.lastSeen(dayAndTime(language, session.last_seen_at))}
                  </span>
                  {session.current ? (
                    <span class="ds-tag" data-color="success">{words.thisOne}</span>
                  ) : (
                    <button
                      type="button"
                      class="ds-button"
                      data-variant="secondary"
                      onClick={() => void end(`/api/auth/sessions/${encodeURIComponent(session.id)}`)}
                    >
                      {words.end}
                    </button>
                  )}
                </li>
              ))}
            </ul>
            {sessions.length > 1 ? (
              <p>
                <button
                  type="button"
                  class="ds-button"
                  data-variant="secondary"
                  onClick={() => void end("/api/auth/sessions")}
                >
                  {words.endOthers}
                </button>
              </p>
            ) : (
              <p class="quiet">{words.only}</p>
            )}
          </>
        )}
      </Loaded>
    </section>
  );
}

function PasswordChange() {
  const words = useWords(pageWords);
  const account = useWords(accountWords);
  const [saved, setSaved] = useState(0);
  const change = async (values: Values) => {
    try {
      await call("POST", "/api/auth/password/change", { body: values });
    } catch (thrown) {
      throw atField(thrown, "current_password", words.wrong);
    }
    setSaved((count) => count + 1);
  };
  const check = (values: Values): Record<string, string> => {
    const { length } = values["password"] ?? "";
    return length < PASSWORD_MIN ? { password: account.passwordShort(length) } : {};
  };
  return (
    <section class="section">
      <h2 class="ds-heading" data-size="sm">{words.password}</h2>
      {saved > 0 && <Notice title={words.saved} />}
      <Form key={saved} submit={words.save} onSubmit={change} check={check}>
        <PasswordField label={words.current} name="current_password" />
        <PasswordField
          label={account.newPassword}
          name="password"
          description={account.passwordAdvice}
          autocomplete="new-password"
        />
      </Form>
    </section>
  );
}

export function SecurityPage() {
  const words = useWords(pageWords);
  return (
    <Page title={words.title}>
      <SignedInOnly>
        {(account) => (
          <div class="sections">
            <AccountFacts account={account} />
            <Sessions />
            <PasswordChange />
            <p>{words.more} <Link class="ds-link" to="/privacy">{words.privacy}</Link></p>
          </div>
        )}
      </SignedInOnly>
    </Page>
  );
}
