/** Where a consent is in force it can be withdrawn on the spot, with as many presses as it took to give: one. */
import { useState } from "preact/hooks";
import { useConsent } from "../app/consent";
import { useWords } from "../app/language";
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
  const { consent, choose } = useConsent();
  const [problem, setProblem] = useState<Problem>();
  if (!purposes.some((purpose) => consent?.purposes[purpose])) return null;
  const withdraw = () => {
    setProblem(undefined);
    const none = Object.fromEntries(purposes.map((purpose) => [purpose, false]));
    choose(none).catch((thrown: unknown) => setProblem(problemFrom(thrown)));
  };
  return (
    <div class="withdrawal small quiet">
      <p>
        {given}{" "}
        <button type="button" class="ds-link" aria-label={`${words.withdraw}: ${given}`} onClick={withdraw}>
          {words.withdraw}
        </button>
      </p>
      {problem && <ProblemAlert problem={problem} />}
    </div>
  );
}
