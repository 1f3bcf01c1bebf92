/** Sets a new password with the secret of the mailed link. */
import { useState } from "preact/hooks";
import { useWords } from "../../app/language";
import { rewriteAddress, secretFromFragment, usePlace } from "../../app/place";
import { call } from "../../api/http";
import { PASSWORD_MIN, accountWords } from "../../messages/account";
import { PasswordField } from "../../parts/field";
import { Form } from "../../parts/form";
import type { Values } from "../../parts/form";
import { Link } from "../../parts/link";
import { NoLink, isDeadLink } from "../../parts/mailed-link";
import { Notice } from "../../parts/notice";
import { Page } from "../../parts/page";
import { words as pageWords } from "./messages";

export function ResetPasswordPage() {
  const words = useWords(pageWords);
  const account = useWords(accountWords);
  const { path, search, hash } = usePlace();
  const [saved, setSaved] = useState(false);
  const [dead, setDead] = useState(false);
  const token = secretFromFragment(hash, "token");
  if (saved) {
    return (
      <Page title={words.resetTitle} width="narrow">
        <Notice title={words.saved}>
          <p>{words.savedText} <Link class="ds-link" to="/login">{account.signIn}</Link></p>
        </Notice>
      </Page>
    );
  }
  if (dead || !token) {
    return (
      <NoLink title={words.resetTitle} dead={dead}>
        <Link class="ds-link" to="/password/forgot">{words.askAgain}</Link>
      </NoLink>
    );
  }
  const save = async (values: Values) => {
    try {
      await call("POST", "/api/auth/password/reset", { body: { token, password: values["password"] } });
      setSaved(true);
    } catch (thrown) {
      if (!isDeadLink(thrown)) throw thrown;
      setDead(true);
    }
    rewriteAddress(path + search);
  };
  const check = (values: Values): Record<string, string> => {
    const { length } = values["password"] ?? "";
    return length < PASSWORD_MIN ? { password: account.passwordShort(length) } : {};
  };
  return (
    <Page title={words.resetTitle} width="narrow">
      <Form submit={words.save} onSubmit={save} check={check}>
        <PasswordField
          label={account.newPassword}
          name="password"
          description={account.passwordAdvice}
          autocomplete="new-password"
        />
      </Form>
    </Page>
  );
}
