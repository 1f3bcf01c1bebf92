/** A failed call, always as a problem document (RFC 9457), even when the network itself failed. */
export interface FieldProblem {
  readonly field: string;
  readonly code?: string;
  /** Words for the reader; the platform sends codes, and the page finds the words. */
  readonly words?: string;
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly reason?: string;
  readonly purpose?: string;
  readonly ways?: readonly string[];
  readonly retry_after_seconds?: number;
  readonly errors?: readonly FieldProblem[];
}

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.type);
    this.name = "ProblemError";
  }
}

export function kindOf(problem: Problem): string {
  return problem.type.split("/").pop() ?? "internal";
}

/** “This secret is wrong” becomes a remark beside the field that holds it; a session that has ended does not. */
export function atField(thrown: unknown, field: string, words: string): unknown {
  const refused = thrown instanceof ProblemError && thrown.problem.reason === "login-failed";
  return refused ? new ProblemError({ ...localProblem("invalid", 422), errors: [{ field, words }] }) : thrown;
}

export function localProblem(kind: string, status = 0): Problem {
  return { type: `/problems/${kind}`, title: "", status };
}

/** What any thrown value means to the reader. */
export function problemFrom(thrown: unknown): Problem {
  if (thrown instanceof ProblemError) return thrown.problem;
  if (thrown instanceof DOMException && thrown.name === "TimeoutError") return localProblem("timeout");
  if (thrown instanceof TypeError) return localProblem(navigator.onLine ? "unavailable" : "offline");
  throw thrown;
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "type" in value && "status" in value;
}

export async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => undefined);
  const known = isProblem(body) ? body : localProblem(kindOfStatus(response.status), response.status);
  const wait = Number(response.headers.get("Retry-After"));
  return wait > 0 && known.retry_after_seconds === undefined ? { ...known, retry_after_seconds: wait } : known;
}

const KINDS: Record<number, string> = {
  400: "malformed",
  401: "unauthenticated",
  403: "forbidden",
  404: "not-found",
  409: "conflict",
  410: "gone",
  413: "too-large",
  422: "invalid",
  429: "rate-limited",
  502: "upstream-failed",
  503: "unavailable",
  504: "timeout",
};

function kindOfStatus(status: number): string {
  return KINDS[status] ?? "internal";
}
