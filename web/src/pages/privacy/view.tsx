/** The privacy centre: what is held, consents, requests, and the way to erase everything. */
import { useWords } from "../../app/language";
import { accountOf, useSession } from "../../app/session";
import { Link } from "../../parts/link";
import { Loading } from "../../parts/loading";
import { Page } from "../../parts/page";
import { Cases } from "./cases";
import { Consents } from "./consents";
import { HeldData } from "./held-data";
import { words as pageWords } from "./messages";
import { ByAddress, Rights } from "./rights";
import "./privacy.css";

function EraseCard() {
  const words = useWords(pageWords);
  return (
    <section class="card erase-card" id="erase">
      <h2 class="ds-heading" data-size="sm">{words.erase}</h2>
      <p>{words.eraseText}</p>
      <p><Link class="ds-button" data-color="danger" data-variant="secondary" to="/privacy/erase">{words.eraseLink}</Link></p>
    </section>
  );
}

function Contents() {
  const words = useWords(pageWords);
  const parts = [
    { to: "#data", name: words.data },
    { to: "#consents", name: words.consents },
    { to: "#cases", name: words.cases },
    { to: "#erase", name: words.erase },
    { to: "#rights", name: words.rightsTitle },
  ];
  return (
    <nav class="contents" aria-label={words.title}>
      <ul>
        {parts.map(({ to, name }) => (
          <li key={to}><a class="main-link" href={to}>{name}</a></li>
        ))}
      </ul>
    </nav>
  );
}

function SignedOut() {
  const words = useWords(pageWords);
  return (
    <div class="sections privacy-narrow">
      <section class="card">
        <h2 class="ds-heading" data-size="sm">{words.signIn}</h2>
        <p>{words.signInText}</p>
        <p><Link class="ds-button" to="/login?next=%2Fprivacy">{words.signInButton}</Link></p>
      </section>
      <ByAddress />
      <Rights />
    </div>
  );
}

export function PrivacyPage() {
  const words = useWords(pageWords);
  const { who } = useSession();
  return (
    <Page title={words.title} lead={words.lead} width="wide">
      {who === "unknown" && <Loading />}
      {who === "nobody" && <SignedOut />}
      {accountOf(who) && (
        <div class="privacy">
          <Contents />
          <div class="sections">
            <HeldData />
            <Consents />
            <Cases />
            <EraseCard />
            <Rights />
          </div>
        </div>
      )}
    </Page>
  );
}
