/** A problem in words: what happened, what the platform said about it, and what to do now. */
import { useEffect, useRef } from "preact/hooks";
import { useWords } from "../app/language";
import { kindOf } from "../api/problem";
import type { Problem } from "../api/problem";
import { chrome } from "../messages/chrome";
import { problemWords } from "../messages/problems";
import { Link } from "./link";

interface ProblemAlertProps {
  readonly problem: Problem;
  readonly again?: (() => void) | undefined;
  /** Moves focus here, for a problem that answers something the reader just did. */
  readonly takeFocus?: boolean;
}

export function ProblemAlert({ problem, again, takeFocus = false }: ProblemAlertProps) {
  const words = useWords(chrome);
  const all = useWords(problemWords);
  const kind = kindOf(problem);
  const known = kind in all ? all[kind as keyof typeof all] : all.internal;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (takeFocus) box.current?.focus();
  }, [takeFocus, problem]);
  const isLocal = kind === "offline";
  return (
    <div class="ds-alert" data-color={kind === "internal" ? "danger" : "warning"} role="alert" tabIndex={-1} ref={box}>
      <h2 class="ds-heading" data-size="2xs">
        {known.title}
      </h2>
      <p>{known.means}</p>
      <p>{problem.retry_after_seconds ? words.waitSeconds(problem.retry_after_seconds) : known.remedy}</p>
      <p class="alert-actions">
        {again && (
          <button type="button" class="ds-button" data-variant="secondary" onClick={again}>
            {words.again}
          </button>
        )}
        {!isLocal && (
          <Link class="ds-link" to={`/problems/${kind}`}>
            {words.readMore}
          </Link>
        )}
      </p>
    </div>
  );
}
