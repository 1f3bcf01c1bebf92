/** Confirms an e-mail address with the secret of the mailed link. */
import { useWords } from "../../app/language";
import { messages } from "../../messages/language";
import { accountWords } from "../../messages/account";
import { Link } from "../../parts/link";
import { MailedLink } from "../../parts/mailed-link";

const pageWords = messages(
  {
    title: "Bekräfta din e-postadress",
    lead: "Tryck på knappen om det var du som skapade kontot. Annars kan du bara stänga sidan.",
    button: "Bekräfta adressen",
    done: "Adressen är bekräftad",
    next: "Nu kan du använda kontot.",
  },
  {
    title: "Bekreft e-postadressen din",
    lead: "Trykk på knappen hvis det var du som opprettet kontoen. Ellers kan du bare lukke siden.",
    button: "Bekreft adressen",
    done: "Adressen er bekreftet",
    next: "Nå kan du bruke kontoen.",
  },
  {
    title: "Confirm your e-mail address",
    lead: "Press the button if it was you who created the account. Otherwise you can simply close the page.",
    button: "Confirm the address",
    done: "The address is confirmed",
    next: "You can now use the account.",
  },
);

export function VerifyEmailPage() {
  const words = useWords(pageWords);
  const account = useWords(accountWords);
  return (
    <MailedLink
      title={words.title}
      lead={words.lead}
      button={words.button}
      postTo="/api/auth/verify-email"
      doneTitle={words.done}
      done={<p>{words.next} <Link class="ds-link" to="/login">{account.signIn}</Link></p>}
    />
  );
}
