/** Where a consent is in force it can be withdrawn on the spot, with as many presses as it took to give: one.

The answer stands where the button was and takes its focus; it goes when the reader moves on. The receipt is shown where receipts are listed. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useConsent } from "../app/consent";
import { useWords } from "../app/language";
import { usePlace } from "../app/place";
import { problemFrom } from "../api/problem";
import type { Problem } from "../api/problem";
import type { Purpose } from "../api/shapes";
import { chrome } from "../messages/chrome";
import { ProblemAlert } from "./problem-alert";

interface WithdrawalProps {
  readonly purposes: readonly Purpose[];
  /** The sentence that says what is in force. */
  readonly given: string;
}

export function Withdrawal({ purposes, given }: WithdrawalProps) {
  const words = useWords(chrome);
  const { path } = usePlace();
  const { consent, choose, putReceiptAway } = useConsent();
  const [problem, setProblem] = useState<Problem>();
  const [done, setDone] = useState(false);
  const answer = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (done) answer.current?.focus({ preventScroll: true });
  }, [done]);
  const withdraw = async () => {
    setProblem(undefined);
    try {
      await choose(Object.fromEntries(purposes.map((purpose) => [purpose, false])));
      setDone(true);
      if (path !== "/cookies") putReceiptAway();
    } catch (thrown) {
      setProblem(problemFrom(thrown));
    }
  };
  if (!purposes.some((purpose) => consent?.purposes[purpose])) {
    if (!done) return null;
    return (
      <p class="withdrawal small quiet" tabIndex={-1} ref={answer} onBlur={() => setDone(false)}>
        {words.withdrawn}
      </p>
    );
  }
  return (
    <div class="withdrawal small quiet">
      <p>
        {given}{" "}
        <button type="button" class="ds-link" aria-label={`${words.withdraw}: ${given}`} onClick={() => void withdraw()}>
          {words.withdraw}
        </button>
      </p>
      {problem && <ProblemAlert problem={problem} />}
    </div>
  );
}
