/** Ends a newsletter subscription with the secret of a letter's link: one press, no login. */
import { useWords } from "../../app/language";
import { Linked } from "../../parts/linked";
import { MailedLink } from "../../parts/mailed-link";
import { words as pageWords } from "./messages";

export function UnsubscribePage() {
  const words = useWords(pageWords);
  return (
    <MailedLink
      title={words.unsubscribeTitle}
      lead={words.unsubscribeLead}
      button={words.unsubscribeButton}
      postTo="/api/newsletter/subscriptions/unsubscribe"
      doneTitle={words.unsubscribed}
      done={<p>{words.unsubscribedText}</p>}
      another={<Linked text={words.otherwise} />}
    />
  );
}
