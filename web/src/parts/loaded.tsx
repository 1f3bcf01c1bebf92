/** Something fetched when a page opens: on its way, here, or failed with a way to try again. */
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { problemFrom } from "../api/problem";
import type { Problem } from "../api/problem";
import { Loading } from "./loading";
import { ProblemAlert } from "./problem-alert";

export interface Fetched<T> {
  readonly value: T | undefined;
  readonly problem: Problem | undefined;
  readonly again: () => void;
}

/** `fetchIt` must keep its identity (module function or useCallback): a new one fetches anew. */
export function useFetched<T>(fetchIt: () => Promise<T>): Fetched<T> {
  const [value, setValue] = useState<T>();
  const [problem, setProblem] = useState<Problem>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    let wanted = true;
    setProblem(undefined);
    fetchIt().then(
      (found) => wanted && setValue(() => found),
      (thrown: unknown) => wanted && setProblem(problemFrom(thrown)),
    );
    return () => {
      wanted = false;
    };
  }, [fetchIt, round]);
  const again = useCallback(() => setRound((count) => count + 1), []);
  return { value, problem, again };
}

interface LoadedProps<T> {
  readonly from: Fetched<T>;
  readonly children: (value: T) => ComponentChildren;
}

export function Loaded<T>({ from, children }: LoadedProps<T>) {
  if (from.problem) return <ProblemAlert problem={from.problem} again={from.again} />;
  if (from.value === undefined) return <Loading />;
  return <>{children(from.value)}</>;
}
