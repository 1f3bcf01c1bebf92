/** A letter is on its way: to which address, as it was typed, and a way back to type another. */
import type { ComponentChildren } from "preact";
import { useWords } from "../app/language";
import { messages } from "../messages/language";
import { Notice } from "./notice";

const ownWords = messages(
  { title: "Titta i din e-post", typed: "Du skrev", change: "Ändra adressen" },
  { title: "Se i e-posten din", typed: "Du skrev", change: "Endre adressen" },
  { title: "Look in your e-mail", typed: "You wrote", change: "Change the address" },
);

interface CheckMailProps {
  readonly address: string;
  readonly change: () => void;
  readonly children: ComponentChildren;
}

export function CheckMail({ address, change, children }: CheckMailProps) {
  const words = useWords(ownWords);
  const [name, domain] = address.split("@");
  return (
    <Notice title={words.title}>
      <p class="typed-address">{words.typed} <strong>{name}{domain && <>@<wbr />{domain}</>}</strong></p>
      {children}
      <p class="alert-actions">
        <button type="button" class="ds-button" data-variant="secondary" onClick={change}>{words.change}</button>
      </p>
    </Notice>
  );
}
