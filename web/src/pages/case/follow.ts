/** Follows a case: often while our own places work, seldom while others answer, never once it is over. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { call } from "../../api/http";
import { kindOf, problemFrom } from "../../api/problem";
import type { Problem } from "../../api/problem";
import type { Case, CaseState } from "../../api/shapes";

const WORKING_MS = 700;
const WAITING_MS = 5_000;
const TROUBLED_MS = 10_000;
const OVER: readonly CaseState[] = ["closed", "refused"];
const UNKNOWN = ["not-found", "unauthenticated", "forbidden", "gone", "invalid"];
const WORKING: readonly CaseState[] = ["gathering", "executing"];

export interface Followed {
  readonly found: Case | undefined;
  readonly problem: Problem | undefined;
  readonly again: () => void;
}

export function caseHeaders(secret: string | undefined): Record<string, string> {
  return secret ? { "X-Case-Secret": secret } : {};
}

export function isOver({ state }: Case): boolean {
  return OVER.includes(state);
}

/** Whether there is no such case for this reader; an id that cannot be one (422) is no case either. */
export function isUnknown(problem: Problem): boolean {
  return UNKNOWN.includes(kindOf(problem));
}

function pauseAfter(now: Case): number | undefined {
  if (isOver(now)) return undefined;
  return WORKING.includes(now.state) ? WORKING_MS : WAITING_MS;
}

export function useCase(id: string, secret: string | undefined): Followed {
  const [found, setFound] = useState<Case>();
  const [problem, setProblem] = useState<Problem>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    let wanted = true;
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      let pause: number | undefined = TROUBLED_MS;
      try {
        const now = await call<Case>("GET", `/api/privacy/requests/${encodeURIComponent(id)}`, {
          headers: caseHeaders(secret),
        });
        pause = pauseAfter(now);
        if (wanted) setFound(now);
        if (wanted) setProblem(undefined);
      } catch (thrown) {
        const trouble = problemFrom(thrown);
        if (isUnknown(trouble)) pause = undefined;
        if (wanted) setProblem(trouble);
      }
      if (wanted && pause !== undefined) timer = setTimeout(lookWhenSeen, pause);
    };
    const lookWhenSeen = () => {
      if (!document.hidden) void look();
      else document.addEventListener("visibilitychange", lookWhenSeen, { once: true });
    };
    void look();
    return () => {
      wanted = false;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", lookWhenSeen);
    };
  }, [id, secret, round]);
  const again = useCallback(() => setRound((count) => count + 1), []);
  return { found, problem, again };
}
