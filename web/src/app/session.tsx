/** Who is signed in, asked of the platform: the page itself knows nothing and stores nothing. */
import { createContext } from "preact";
import type { ComponentChildren } from "preact";
import { useCallback, useContext, useEffect, useMemo, useState } from "preact/hooks";
import { call } from "../api/http";
import { kindOf, problemFrom } from "../api/problem";
import type { Account } from "../api/shapes";

/** `unknown` until the platform has answered, or while it cannot be reached. */
export type Who = "unknown" | "nobody" | Account;

interface SessionState {
  readonly who: Who;
  readonly askAgain: () => Promise<void>;
  /** After an erasure: nobody is signed in any more, whatever a last answer under way may say. */
  readonly forget: () => void;
}

const SessionContext = createContext<SessionState>({
  who: "unknown",
  askAgain: async () => undefined,
  forget: () => undefined,
});

async function whoAmI(): Promise<Who> {
  try {
    return await call<Account>("GET", "/api/me");
  } catch (thrown) {
    return kindOf(problemFrom(thrown)) === "unauthenticated" ? "nobody" : "unknown";
  }
}

export function SessionProvider({ children }: { children: ComponentChildren }) {
  const [who, setWho] = useState<Who>("unknown");
  const askAgain = useCallback(async () => setWho(await whoAmI()), []);
  useEffect(() => void askAgain(), [askAgain]);
  const forget = useCallback(() => setWho("nobody"), []);
  const state = useMemo(() => ({ who, askAgain, forget }), [who, askAgain, forget]);
  return <SessionContext.Provider value={state}>{children}</SessionContext.Provider>;
}

export function useSession(): SessionState {
  return useContext(SessionContext);
}

export function accountOf(who: Who): Account | undefined {
  return typeof who === "string" ? undefined : who;
}
