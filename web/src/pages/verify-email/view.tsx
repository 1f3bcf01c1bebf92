/** Confirms an e-mail address with the secret of the mailed link. */
import { useWords } from "../../app/language";
import { messages } from "../../messages/language";
import { accountWords } from "../../messages/account";
import { Link } from "../../parts/link";
import { MailedLink } from "../../parts/mailed-link";

const pageWords = messages(
  {
    title: "Bekräfta din e\u2011postadress",
    lead: "Tryck på knappen om det var du som skapade kontot. Annars kan du bara stänga sidan.",
    button: "Bekräfta adressen",
    done: "Adressen är bekräftad",
    next: "Nu kan du använda kontot.",
    already: "Har du redan bekräftat adressen?",
    otherwise: "Annars får du en ny länk när du skapar kontot igen:",
  },
  {
    title: "Bekreft e\u2011postadressen din",
    lead: "Trykk på knappen hvis det var du som opprettet kontoen. Ellers kan du bare lukke siden.",
    button: "Bekreft adressen",
    done: "Adressen er bekreftet",
    next: "Nå kan du bruke kontoen.",
    already: "Har du allerede bekreftet adressen?",
    otherwise: "Ellers får du en ny lenke når du oppretter kontoen på nytt:",
  },
  {
    title: "Confirm your e\u2011mail address",
    lead: "Press the button if it was you who created the account. Otherwise you can simply close the page.",
    button: "Confirm the address",
    done: "The address is confirmed",
    next: "You can now use the account.",
    already: "Have you confirmed the address already?",
    otherwise: "If not, you get a new link by creating the account again:",
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
      another={
        <>
          {words.already} <Link class="ds-link" to="/login">{account.signIn}</Link>
          <br />
          {words.otherwise} <Link class="ds-link" to="/register">{account.register}</Link>
        </>
      }
    />
  );
}
