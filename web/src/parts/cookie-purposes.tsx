/** The two optional cookie purposes, as facts to read and as boxes to tick; no box is ticked beforehand. */
import { useWords } from "../app/language";
import type { CookiePurpose } from "../api/shapes";
import { COOKIE_PURPOSES, consentWords } from "../messages/consent";

export function PurposeFacts({ purpose }: { purpose: CookiePurpose }) {
  const words = useWords(consentWords);
  const facts = words.purposes[purpose];
  return (
    <dl class="purpose-facts">
      <div><dt>{words.data}</dt><dd>{facts.data}</dd></div>
      <div><dt>{words.why}</dt><dd>{facts.why}</dd></div>
      <div><dt>{words.who}</dt><dd>{facts.who}</dd></div>
    </dl>
  );
}

interface PurposeBoxesProps {
  readonly chosen: Partial<Record<CookiePurpose, boolean>>;
  readonly onChange: (purpose: CookiePurpose, on: boolean) => void;
}

export function PurposeBoxes({ chosen, onChange }: PurposeBoxesProps) {
  const words = useWords(consentWords);
  return (
    <div class="purpose-boxes">
      {COOKIE_PURPOSES.map((purpose) => (
        <div key={purpose} class="purpose-box">
          <div class="ds-field">
            <input
              class="ds-input"
              type="checkbox"
              id={`purpose-${purpose}`}
              checked={chosen[purpose] === true}
              onChange={(event) => onChange(purpose, event.currentTarget.checked)}
            />
            <label class="ds-label" for={`purpose-${purpose}`}>
              {words.purposes[purpose].title}
            </label>
          </div>
          <PurposeFacts purpose={purpose} />
        </div>
      ))}
    </div>
  );
}
