/** The page for addresses that lead nowhere. */
import { useWords } from "../../app/language";
import { messages } from "../../messages/language";
import { Link } from "../../parts/link";
import { Page } from "../../parts/page";

const pageWords = messages(
  { title: "Sidan finns inte", lead: "Länken kan vara gammal eller felskriven.", home: "Till startsidan", tools: "Till verktygen" },
  { title: "Siden finnes ikke", lead: "Lenken kan være gammel eller feilskrevet.", home: "Til forsiden", tools: "Til verktøyene" },
  { title: "There is no such page", lead: "The link may be old or mistyped.", home: "To the start page", tools: "To the tools" },
);

export function NotFoundPage() {
  const words = useWords(pageWords);
  return (
    <Page title={words.title} lead={words.lead}>
      <p class="actions">
        <Link class="ds-button" to="/">{words.home}</Link>
        <Link class="ds-button" data-variant="secondary" to="/tools">{words.tools}</Link>
      </p>
    </Page>
  );
}
