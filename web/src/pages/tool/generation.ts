/** One answer at a time: waiting, growing, finished, stopped or failed. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { problemFrom } from "../../api/problem";
import type { Problem } from "../../api/problem";
import { generate } from "../../api/text";

export interface Generation {
  readonly stage: "none" | "waiting" | "growing" | "finished" | "stopped" | "failed";
  readonly text: string;
  readonly finishReason?: string;
  readonly problem?: Problem;
}

const NOTHING: Generation = { stage: "none", text: "" };

export function isRunning({ stage }: Generation): boolean {
  return stage === "waiting" || stage === "growing";
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
        else setGeneration({ stage: "failed", text, problem: problemFrom(thrown) });
      }
    },
    [tool],
  );

  const stop = useCallback(() => running.current?.abort(), []);
  const clear = useCallback(() => setGeneration(NOTHING), []);
  useEffect(() => () => running.current?.abort(), []);
  return { generation, start, stop, clear };
}
