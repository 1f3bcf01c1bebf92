/** The one door through which the page calls the platform. */
import { ProblemError, problemOf } from "./problem";

const TIMEOUT_MS = 15_000;

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** Fetches and throws a ProblemError unless the answer is a success. */
export async function send(method: Method, path: string, options: CallOptions = {}): Promise<Response> {
  const headers = new Headers(options.headers);
  headers.set("Accept-Language", document.documentElement.lang);
  if (method !== "GET") headers.set("X-Requested-By", "larabot");
  if (options.body !== undefined) headers.set("Content-Type", "application/json");
  const response = await fetch(path, {
    method,
    headers,
    credentials: "same-origin",
    signal: options.signal ?? AbortSignal.timeout(TIMEOUT_MS),
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  if (!response.ok) throw new ProblemError(await problemOf(response));
  return response;
}

/** Calls and reads the JSON answer; an empty answer (202, 204) is undefined. */
export async function call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
  const response = await send(method, path, options);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}
