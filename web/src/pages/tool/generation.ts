/** One answer at a time: waiting, growing, then finished, stopped, withdrawn or failed; or declined before it began. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { kindOf, problemFrom } from "../../api/problem";
import type { Problem } from "../../api/problem";
import { generate } from "../../api/text";

export interface Generation {
  readonly stage: "none" | "waiting" | "growing" | "finished" | "stopped" | "withdrawn" | "failed" | "declined";
  readonly text: string;
  readonly finishReason?: string;
  readonly problem?: Problem;
}

const NOTHING: Generation = { stage: "none", text: "" };

export function isRunning({ stage }: Generation): boolean {
  return stage === "waiting" || stage === "growing";
}

/** A consent that is withdrawn while the answer comes is the reader's own doing, not a problem. */
function failure(text: string, problem: Problem): Generation {
  const withdrawn = kindOf(problem) === "consent-required" && problem.reason === "withdrawn";
  return withdrawn ? { stage: "withdrawn", text } : { stage: "failed", text, problem };
}

export function useGeneration(tool: string) {
  const [generation, setGeneration] = useState<Generation>(NOTHING);
  const running = useRef<AbortController>(undefined);

  const start = useCallback(
    async (inputs: Readonly<Record<string, string>>) => {
      running.current?.abort();
      const controller = new AbortController();
      running.current = controller;
      let text = "";
      let frame = 0;
      const showText = () => {
        frame = 0;
        if (!controller.signal.aborted) setGeneration({ stage: "growing", text });
      };
      setGeneration({ stage: "waiting", text });
      try {
        for await (const piece of generate(tool, inputs, controller.signal)) {
          if (piece.kind === "done") {
            cancelAnimationFrame(frame);
            setGeneration({ stage: "finished", text, finishReason: piece.finishReason });
          } else {
            text += piece.text;
            frame ||= requestAnimationFrame(showText);
          }
        }
      } catch (thrown) {
        cancelAnimationFrame(frame);
        if (controller.signal.aborted) setGeneration({ stage: "stopped", text });
        else setGeneration(failure(text, problemFrom(thrown)));
      }
    },
    [tool],
  );

  const stop = useCallback(() => running.current?.abort(), []);
  const clear = useCallback(() => setGeneration(NOTHING), []);
  const decline = useCallback(() => setGeneration({ stage: "declined", text: "" }), []);
  useEffect(() => () => running.current?.abort(), []);
  return { generation, start, stop, clear, decline };
}
