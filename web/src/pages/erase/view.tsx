/** Erasing everything: what will happen, what cannot be undone, what remains; then one press. */
import { useConsent } from "../../app/consent";
import { useWords } from "../../app/language";
import { goTo, usePlace, withLanguage } from "../../app/place";
import { useSession } from "../../app/session";
import { call } from "../../api/http";
import type { CaseOpened } from "../../api/shapes";
import { CheckField, PasswordField } from "../../parts/field";
import { Form } from "../../parts/form";
import type { Values } from "../../parts/form";
import { Link } from "../../parts/link";
import { Page } from "../../parts/page";
import { SignedInOnly } from "../../parts/signed-in-only";
import { reauthenticate } from "../../parts/step-up";
import { words as pageWords } from "./messages";
import "./erase.css";

function Consequences() {
  const words = useWords(pageWords);
  return (
    <>
      <section class="section">
        <h2 class="ds-heading" data-size="sm">{words.happens}</h2>
        <ol class="ds-list">
          {words.steps.map((step) => <li key={step}>{step}</li>)}
        </ol>
      </section>
      <section class="ds-alert" data-color="warning">
        <h2 class="ds-heading" data-size="2xs">{words.gone}</h2>
        <p>{words.goneText}</p>
      </section>
      <section class="section">
        <h2 class="ds-heading" data-size="sm">{words.stays}</h2>
        <p>{words.staysText}</p>
        <ul class="ds-list">
          {words.kept.map((kept) => <li key={kept}>{kept}</li>)}
        </ul>
        <p>{words.backups}</p>
      </section>
      <section class="section">
        <h2 class="ds-heading" data-size="sm">{words.other}</h2>
        <ul class="aside-links">
          <li><Link class="ds-link" to="/privacy">{words.otherPackage}</Link></li>
          <li><Link class="ds-link" to="/privacy">{words.otherConsents}</Link></li>
          <li><Link class="ds-link" to="/cookies">{words.otherCookies}</Link></li>
        </ul>
      </section>
    </>
  );
}

function EraseForm() {
  const words = useWords(pageWords);
  const { search } = usePlace();
  const { forget } = useSession();
  const consent = useConsent();
  const erase = async (values: Values) => {
    await reauthenticate(values["password"] ?? "", words.wrong);
    const body = { right: "erasure" };
    const { id, case_secret } = await call<CaseOpened>("POST", "/api/privacy/requests", { body });
    goTo(withLanguage(`/privacy/requests/${id}#token=${case_secret}`, search));
    forget();
    consent.putReceiptAway();
    await consent.askAgain();
  };
  return (
    <div class="card erase-form">
      <Form
        submit={words.erase}
        variant="danger"
        onSubmit={erase}
        beside={<Link class="ds-button" data-variant="secondary" to="/privacy">{words.back}</Link>}
      >
        <CheckField label={words.understand} name="understood" />
        <PasswordField label={words.password} name="password" />
      </Form>
    </div>
  );
}

export function ErasePage() {
  const words = useWords(pageWords);
  return (
    <Page title={words.title} lead={words.lead}>
      <div class="sections">
        <Consequences />
        <SignedInOnly>{() => <EraseForm />}</SignedInOnly>
      </div>
    </Page>
  );
}
