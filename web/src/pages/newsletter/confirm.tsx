/** Confirms a newsletter subscription with the secret of the mailed link. */
import { useWords } from "../../app/language";
import { Link } from "../../parts/link";
import { MailedLink } from "../../parts/mailed-link";
import { words as pageWords } from "./messages";

export function ConfirmPage() {
  const words = useWords(pageWords);
  return (
    <MailedLink
      title={words.confirmTitle}
      lead={words.confirmLead}
      button={words.confirmButton}
      postTo="/api/newsletter/subscriptions/confirm"
      doneTitle={words.confirmed}
      done={<p>{words.confirmedText}</p>}
      another={<Link class="ds-link" to="/newsletter">{words.askAgain}</Link>}
    />
  );
}
