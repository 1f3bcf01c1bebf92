/** The gallery of text tools. */
import { useCallback } from "preact/hooks";
import { useLanguage, useWords } from "../../app/language";
import { useSession } from "../../app/session";
import { fetchTools } from "../../api/tools";
import { messages } from "../../messages/language";
import { Icon, toolIcon } from "../../parts/icon";
import { Link } from "../../parts/link";
import { Loaded, useFetched } from "../../parts/loaded";
import { Page } from "../../parts/page";
import "./tools.css";

const pageWords = messages(
  {
    title: "Verktyg",
    lead: "Välj vad du vill göra med en text. Det du skriver sparas inte hos oss efteråt.",
    empty: "Det finns inga verktyg att visa just nu.",
    signedOut: "Du kan titta runt utan att logga in. För att skicka en text behöver du ett konto.",
  },
  {
    title: "Verktøy",
    lead: "Velg hva du vil gjøre med en tekst. Det du skriver, lagres ikke hos oss etterpå.",
    empty: "Det er ingen verktøy å vise akkurat nå.",
    signedOut: "Du kan se deg rundt uten å logge inn. For å sende en tekst trenger du en konto.",
  },
  {
    title: "Tools",
    lead: "Choose what you want to do with a text. What you write is not kept by us afterwards.",
    empty: "There are no tools to show right now.",
    signedOut: "You can look around without signing in. To send a text you need an account.",
  },
);

export function ToolsPage() {
  const words = useWords(pageWords);
  const language = useLanguage();
  const { who } = useSession();
  const fetched = useFetched(useCallback(() => fetchTools(language), [language]));
  return (
    <Page title={words.title} lead={words.lead} width="wide">
      <Loaded from={fetched}>
        {({ tools }) =>
          tools.length === 0 ? (
            <p>{words.empty}</p>
          ) : (
            <ul class="tool-cards">
              {tools.map((tool) => (
                <li key={tool.id} class="tool-card">
                  <span class="tool-icon"><Icon name={toolIcon(tool.id)} /></span>
                  <h2 class="ds-heading" data-size="xs">
                    <Link to={`/tools/${tool.id}`}>{tool.title}</Link>
                  </h2>
                  <p>{tool.description}</p>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {who === "nobody" && <p class="quiet">{words.signedOut}</p>}
    </Page>
  );
}
