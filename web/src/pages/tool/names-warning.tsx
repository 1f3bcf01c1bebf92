/** Shown before the first text of a visit is sent: nobody's consent covers the pupils a teacher writes about. */
import { useEffect, useRef } from "preact/hooks";
import { useWords } from "../../app/language";
import { words as pageWords } from "./messages";

interface NamesWarningProps {
  readonly onSend: () => void;
  readonly onBack: () => void;
}

export function NamesWarning({ onSend, onBack }: NamesWarningProps) {
  const words = useWords(pageWords);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <div class="ds-alert names-warning" data-color="warning" role="group" aria-label={words.namesTitle} tabIndex={-1} ref={box}>
      <h2 class="ds-heading" data-size="xs">{words.namesTitle}</h2>
      <p>{words.namesText}</p>
      <p class="alert-actions">
        <button type="button" class="ds-button" data-color="accent" onClick={onSend}>{words.namesSend}</button>
        <button type="button" class="ds-button" data-color="accent" data-variant="secondary" onClick={onBack}>{words.namesBack}</button>
      </p>
    </div>
  );
}
