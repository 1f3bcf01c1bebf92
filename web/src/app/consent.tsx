/** The reader's choices about optional processing, read from and recorded by the platform. */
import { createContext } from "preact";
import type { ComponentChildren } from "preact";
import { useCallback, useContext, useEffect, useMemo, useState } from "preact/hooks";
import { call } from "../api/http";
import { problemFrom } from "../api/problem";
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

  const askAgain = useCallback(async () => {
    try {
      setConsent(await call<Consent>("GET", "/api/consent"));
      setProblem(undefined);
    } catch (thrown) {
      setProblem(problemFrom(thrown));
    }
  }, []);
  useEffect(() => void askAgain(), [askAgain]);

  const version = consent?.notice_version;
  const choose = useCallback(
    async (choices: Choices) => {
      const body = { purposes: choices, notice_version: version };
      const { receipt: given, ...state } = await call<ConsentSet>("PUT", "/api/consent", { body });
      setConsent({ ...state, receipt_id: given.receipt_id });
      setReceipt(given);
      return given;
    },
    [version],
  );
  const putReceiptAway = useCallback(() => setReceipt(undefined), []);

  const state = useMemo(
    () => ({ consent, problem, receipt, askAgain, choose, putReceiptAway }),
    [consent, problem, receipt, askAgain, choose, putReceiptAway],
  );
  return <ConsentContext.Provider value={state}>{children}</ConsentContext.Provider>;
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
