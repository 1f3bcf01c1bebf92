/** Runs a text tool and hands over the answer piece by piece. */
import { send } from "./http";
import { ProblemError, localProblem } from "./problem";
import type { Problem } from "./problem";
import { serverSentEvents } from "./stream";

export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "done"; readonly finishReason: string };

const SILENCE_MS = 60_000;

/** Aborts with the reader's own signal, or when nothing has come for too long. */
function watched(stop: AbortSignal): { signal: AbortSignal; heard: () => void; rest: () => void } {
  const silence = new AbortController();
  const give = () => silence.abort(new DOMException("nothing came", "TimeoutError"));
  let timer = setTimeout(give, SILENCE_MS);
  return {
    signal: AbortSignal.any([stop, silence.signal]),
    heard: () => {
      clearTimeout(timer);
      timer = setTimeout(give, SILENCE_MS);
    },
    rest: () => clearTimeout(timer),
  };
}

/** An end without `done` is an error: a silent stop would look like a finished answer. */
export async function* generate(
  tool: string,
  inputs: Readonly<Record<string, string>>,
  stop: AbortSignal,
): AsyncGenerator<Piece> {
  const { signal, heard, rest } = watched(stop);
  try {
    const response = await send("POST", `/api/text/${encodeURIComponent(tool)}`, {
      body: { inputs, stream: true },
      headers: { Accept: "text/event-stream" },
      signal,
    });
    if (!response.body) throw new ProblemError(localProblem("upstream-failed"));
    for await (const { event, data } of serverSentEvents(response.body)) {
      heard();
      if (event === "delta") yield { kind: "text", text: (JSON.parse(data) as { text: string }).text };
      if (event === "error") throw new ProblemError(JSON.parse(data) as Problem);
      if (event === "done") {
        yield { kind: "done", finishReason: (JSON.parse(data) as { finish_reason: string }).finish_reason };
        return;
      }
    }
    throw new ProblemError(localProblem("upstream-failed"));
  } finally {
    rest();
  }
}
