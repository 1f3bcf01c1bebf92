/** What a case leaves in the person's hands: a certificate of erasure, or a package of data. */
import { useState } from "preact/hooks";
import { useLanguage, useWords } from "../../app/language";
import { usePlace } from "../../app/place";
import { accountOf, useSession } from "../../app/session";
import { download } from "../../api/download";
import { call } from "../../api/http";
import { problemFrom } from "../../api/problem";
import type { Problem } from "../../api/problem";
import type { Case, LogKeys } from "../../api/shapes";
import { dayAndTime } from "../../messages/dates";
import { Icon } from "../../parts/icon";
import { Link } from "../../parts/link";
import { useFetched } from "../../parts/loaded";
import { Loading } from "../../parts/loading";
import { ProblemAlert } from "../../parts/problem-alert";
import { StepUp, useStepUp } from "../../parts/step-up";
import { caseHeaders } from "./follow";
import { words as pageWords } from "./messages";

function useTrouble(): [Problem | undefined, (deed: Promise<unknown>) => void] {
  const [problem, setProblem] = useState<Problem>();
  const watch = (deed: Promise<unknown>) => {
    setProblem(undefined);
    deed.catch((thrown: unknown) => setProblem(problemFrom(thrown)));
  };
  return [problem, watch];
}

const KEY_PATH = "/api/privacy/log/keys";
const fetchKey = () => call<LogKeys>("GET", KEY_PATH);

/** The whole command, with the key that the certificate is checked against. */
function Verify({ file }: { file: string }) {
  const words = useWords(pageWords);
  const key = useFetched(fetchKey).value?.log_key ?? "KEY";
  return (
    <div class="small verify">
      <p>{words.verify}</p>
      <p><code class="command">.venv/bin/python -m ops verify-certificate {file} --trust {key}</code></p>
      <p>{words.keyFrom} <a class="ds-link" href={KEY_PATH}>{KEY_PATH}</a>.</p>
    </div>
  );
}

interface CertificateProps {
  readonly shown: Case;
  readonly secret: string | undefined;
}

export function Certificate({ shown, secret }: CertificateProps) {
  const words = useWords(pageWords);
  const [problem, watch] = useTrouble();
  const ready = shown.state === "waiting_for_recipients" || shown.state === "closed";
  const path = `/api/privacy/requests/${encodeURIComponent(shown.id)}/certificate`;
  const get = (type: string, ending: string) => {
    const headers = { ...caseHeaders(secret), Accept: type };
    watch(download(path, `larabot-${shown.id}.${ending}`, { headers }));
  };
  return (
    <section class="card certificate" data-ready={ready}>
      <h2 class="ds-heading" data-size="sm">{words.certificate}</h2>
      <p>{ready ? words.certificateText : words.certificateSoon}</p>
      {problem && <ProblemAlert problem={problem} takeFocus />}
      {ready && (
        <>
          <p class="actions">
            <button type="button" class="ds-button" onClick={() => get("application/json", "json")}>
              <Icon name="download" /> {words.certificateJson}
            </button>
            <button
              type="button"
              class="ds-button"
              data-variant="secondary"
              onClick={() => get("text/html", "html")}
            >
              {words.certificateHtml}
            </button>
          </p>
          <Verify file={`larabot-${shown.id}.json`} />
        </>
      )}
    </section>
  );
}

const PACKAGE_DAYS = 7;

/** A package is there for seven days from when it was gathered, which is never before it was asked for. */
function fetchableUntil({ received_at }: Case): string {
  const end = new Date(received_at);
  end.setUTCDate(end.getUTCDate() + PACKAGE_DAYS);
  return end.toISOString();
}

function SignInToFetch() {
  const words = useWords(pageWords);
  const { path } = usePlace();
  return (
    <>
      <p>{words.packageSignIn}</p>
      <p class="actions">
        <Link class="ds-button" to={`/login?next=${encodeURIComponent(path)}`}>{words.signIn}</Link>
      </p>
    </>
  );
}

export function Package({ shown }: { shown: Case }) {
  const words = useWords(pageWords);
  const language = useLanguage();
  const { who } = useSession();
  const [problem, watch] = useTrouble();
  const { kept, attempt, giveUp } = useStepUp();
  const path = `/api/privacy/requests/${encodeURIComponent(shown.id)}/package`;
  const get = () => watch(attempt(() => download(path, `larabot-${shown.id}.zip`)));
  return (
    <section class="card certificate" data-ready="true">
      <h2 class="ds-heading" data-size="sm">{words.package}</h2>
      <p>{words.packageText(dayAndTime(language, fetchableUntil(shown)))}</p>
      {problem && <ProblemAlert problem={problem} takeFocus />}
      {who === "unknown" && <Loading />}
      {who === "nobody" && <SignInToFetch />}
      {kept && <StepUp kept={kept} attempt={attempt} giveUp={giveUp} />}
      {accountOf(who) && !kept && (
        <p class="actions">
          <button type="button" class="ds-button" onClick={get}>
            <Icon name="download" /> {words.packageGet}
          </button>
        </p>
      )}
    </section>
  );
}
