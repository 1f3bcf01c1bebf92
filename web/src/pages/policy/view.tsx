/** The policy in force, and beside it what the platform's own inventory says is stored. */
import { useCallback } from "preact/hooks";
import { useLanguage, useWords } from "../../app/language";
import { fetchPolicy, fetchPolicyText } from "../../api/policy";
import type { Policy } from "../../api/shapes";
import { FactsTable } from "../../parts/facts-table";
import { Link } from "../../parts/link";
import { Loaded, useFetched } from "../../parts/loaded";
import { Markdown } from "../../parts/markdown";
import { Page } from "../../parts/page";
import { words as pageWords } from "./messages";
import "./policy.css";

function PolicyWords({ version }: { version: string }) {
  const language = useLanguage();
  const fetchText = useCallback(() => fetchPolicyText(version, language), [version, language]);
  const fetched = useFetched(fetchText);
  return (
    <Loaded from={fetched}>
      {(text) => <Markdown links text={text.markdown.replace(/^#\s.*\n/, "")} />}
    </Loaded>
  );
}

function Register({ policy }: { policy: Policy }) {
  const words = useWords(pageWords);
  const parts = [
    { title: words.purposes, rows: policy.purposes.map(({ id, ...facts }) => ({ purpose: id, ...facts })) },
    { title: words.processors, rows: policy.processors },
    { title: words.cookies, rows: policy.cookies },
    { title: words.retention, rows: policy.retention },
  ];
  return (
    <section class="register" id="stored">
      <h2 class="ds-heading" data-size="md">{words.registerTitle}</h2>
      <p>{words.registerText}</p>
      {parts.map(({ title, rows }) => (
        <details key={title} class="ds-details" data-variant="default">
          <summary>{title}</summary>
          <div class="table-scroll" role="group" aria-label={title} tabIndex={0}>
            <FactsTable caption={title} rows={rows} />
          </div>
        </details>
      ))}
    </section>
  );
}

export function PolicyPage() {
  const words = useWords(pageWords);
  const fetched = useFetched(fetchPolicy);
  return (
    <Page title={words.title} width="wide">
      <Loaded from={fetched}>
        {(policy) => (
          <div class="policy">
            <aside class="policy-aside">
              <p class="quiet small">{words.version(policy.version)}</p>
              <h2 class="ds-heading" data-size="xs">{words.rights}</h2>
              <p>{words.rightsText}</p>
              <p><Link class="ds-button" data-variant="secondary" to="/privacy">{words.toRights}</Link></p>
              <p><a class="ds-link" href="#stored">{words.registerTitle}</a></p>
            </aside>
            <article class="policy-text">
              <PolicyWords version={policy.version} />
            </article>
            <Register policy={policy} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}
