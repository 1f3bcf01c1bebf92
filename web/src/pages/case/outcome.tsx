/** What a case leaves in the person's hands: a certificate of erasure, or a package of data. */
import { useState } from "preact/hooks";
import { useWords } from "../../app/language";
import { download } from "../../api/download";
import { problemFrom } from "../../api/problem";
import type { Problem } from "../../api/problem";
import type { Case } from "../../api/shapes";
import { Icon } from "../../parts/icon";
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
          <p class="small verify">
            {words.verify}: <code>python -m ops verify-certificate larabot-{shown.id}.json</code>
          </p>
        </>
      )}
    </section>
  );
}

export function Package({ shown }: { shown: Case }) {
  const words = useWords(pageWords);
  const [problem, watch] = useTrouble();
  const { kept, attempt, giveUp } = useStepUp();
  const path = `/api/privacy/requests/${encodeURIComponent(shown.id)}/package`;
  const get = () => watch(attempt(() => download(path, `larabot-${shown.id}.zip`)));
  return (
    <section class="card certificate" data-ready="true">
      <h2 class="ds-heading" data-size="sm">{words.package}</h2>
      <p>{words.packageText}</p>
      {problem && <ProblemAlert problem={problem} takeFocus />}
      {kept ? (
        <StepUp kept={kept} attempt={attempt} giveUp={giveUp} />
      ) : (
        <p class="actions">
          <button type="button" class="ds-button" onClick={get}>
            <Icon name="download" /> {words.packageGet}
          </button>
        </p>
      )}
    </section>
  );
}
