/** A problem in words: what happened, what the platform said about it, and what to do now. */
import { useEffect, useRef } from "preact/hooks";
import { useLanguage, useWords } from "../app/language";
import { kindOf } from "../api/problem";
import type { Problem } from "../api/problem";
import { chrome } from "../messages/chrome";
import { waitInWords } from "../messages/dates";
import { problemWords } from "../messages/problems";
import { Link } from "./link";

interface ProblemAlertProps {
  readonly problem: Problem;
  readonly again?: (() => void) | undefined;
  /** Moves focus here, for a problem that answers something the reader just did. */
  readonly takeFocus?: boolean;
}

/** Where to go from here. Signing in happens elsewhere, so that nothing written on this page is lost. */
function WayOn({ kind }: { kind: string }) {
  const words = useWords(chrome);
  if (kind === "offline") return null;
  if (kind === "unauthenticated") {
    return <Link class="ds-link" to="/login" newTab>{words.signInNewTab}</Link>;
  }
  return <Link class="ds-link" to={`/problems/${kind}`}>{words.readMore}</Link>;
}

export function ProblemAlert({ problem, again, takeFocus = false }: ProblemAlertProps) {
  const words = useWords(chrome);
  const language = useLanguage();
  const all = useWords(problemWords);
  const kind = kindOf(problem);
  const known = kind in all ? all[kind as keyof typeof all] : all.internal;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (takeFocus) box.current?.focus();
  }, [takeFocus, problem]);
  const ways = kind === "unauthenticated" ? words.signInStays : known.remedy;
  const remedy = problem.retry_after_seconds ? words.wait(waitInWords(language, problem.retry_after_seconds)) : ways;
  return (
    <div class="ds-alert" data-color={kind === "internal" ? "danger" : "warning"} role="alert" tabIndex={-1} ref={box}>
      <h2 class="ds-heading" data-size="2xs">
        {known.title}
      </h2>
      <p>{known.means}</p>
      <p>{remedy}</p>
      <p class="alert-actions">
        {again && (
          <button type="button" class="ds-button" data-variant="secondary" onClick={again}>
            {words.again}
          </button>
        )}
        <WayOn kind={kind} />
      </p>
    </div>
  );
}
