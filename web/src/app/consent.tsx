/** The reader's choices about optional processing, read from and recorded by the platform. */
import { createContext } from "preact";
import type { ComponentChildren } from "preact";
import { useCallback, useContext, useEffect, useMemo, useState } from "preact/hooks";
import { call } from "../api/http";
import { localProblem, problemFrom, ProblemError } from "../api/problem";
import type { Problem } from "../api/problem";
import type { Consent, ConsentSet, Purpose, Receipt } from "../api/shapes";

export type Choices = Partial<Record<Purpose, boolean>>;

interface ConsentState {
  readonly consent: Consent | undefined;
  readonly problem: Problem | undefined;
  readonly receipt: Receipt | undefined;
  readonly askAgain: () => Promise<void>;
  readonly choose: (choices: Choices) => Promise<Receipt>;
  readonly putReceiptAway: () => void;
}

const ConsentContext = createContext<ConsentState | undefined>(undefined);

export function ConsentProvider({ children }: { children: ComponentChildren }) {
  const [consent, setConsent] = useState<Consent>();
  const [problem, setProblem] = useState<Problem>();
  const [receipt, setReceipt] = useState<Receipt>();

  const read = useCallback(async () => {
    const current = await call<Consent>("GET", "/api/consent");
    setConsent(current);
    setProblem(undefined);
    return current;
  }, []);
  const askAgain = useCallback(() => read().then(() => undefined, (thrown) => setProblem(problemFrom(thrown))), [read]);
  useEffect(() => void askAgain(), [askAgain]);

  const version = consent?.notice_version;
  const choose = useCallback(
    async (choices: Choices) => {
      const { receipt: given, ...state } = await put(choices, version).catch(async (thrown: unknown) => {
        if (!isOlderNotice(thrown)) throw thrown;
        const current = await read();
        return put(afterNewNotice(choices), current.notice_version);
      });
      setConsent({ ...state, receipt_id: given.receipt_id });
      setReceipt(given);
      return given;
    },
    [version, read],
  );
  const putReceiptAway = useCallback(() => setReceipt(undefined), []);

  const state = useMemo(
    () => ({ consent, problem, receipt, askAgain, choose, putReceiptAway }),
    [consent, problem, receipt, askAgain, choose, putReceiptAway],
  );
  return <ConsentContext.Provider value={state}>{children}</ConsentContext.Provider>;
}

function put(choices: Choices, version: string | undefined): Promise<ConsentSet> {
  return call<ConsentSet>("PUT", "/api/consent", { body: { purposes: choices, notice_version: version } });
}

/** The policy has changed since this page read which one is in force: a tab may stay open for weeks. */
function isOlderNotice(thrown: unknown): boolean {
  return thrown instanceof ProblemError && thrown.problem.status === 409 && thrown.problem.reason === "notice-version";
}

/** A no holds under any policy. A yes was given to other words, so the reader is shown the new ones and asked again. */
function afterNewNotice(choices: Choices): Choices {
  if (Object.values(choices).some((on) => on)) throw new ProblemError(localProblem("notice-changed", 409));
  return choices;
}

export function useConsent(): ConsentState {
  const state = useContext(ConsentContext);
  if (!state) throw new Error("useConsent needs a ConsentProvider above it");
  return state;
}

/** Global Privacy Control: the browser itself asks not to be followed. */
export function browserAsksForPrivacy(): boolean {
  return (navigator as Navigator & { globalPrivacyControl?: boolean }).globalPrivacyControl === true;
}
