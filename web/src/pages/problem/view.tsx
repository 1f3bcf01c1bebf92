/** Explains one kind of problem; the `type` of every problem document leads here. */
import { useWords } from "../../app/language";
import type { PageProps } from "../../app/routes";
import { messages } from "../../messages/language";
import { problemWords } from "../../messages/problems";
import { Link } from "../../parts/link";
import { Page } from "../../parts/page";

const pageWords = messages(
  { what: "Vad som har hänt", remedy: "Vad du kan göra", code: "Felets namn i vårt API", unknown: "Okänt fel", unknownText: "Vi har inget fel med det namnet.", home: "Till startsidan" },
  { what: "Hva som har skjedd", remedy: "Hva du kan gjøre", code: "Feilens navn i API-et vårt", unknown: "Ukjent feil", unknownText: "Vi har ingen feil med det navnet.", home: "Til forsiden" },
  { what: "What has happened", remedy: "What you can do", code: "The error's name in our API", unknown: "Unknown error", unknownText: "We have no error of that name.", home: "To the start page" },
);

export function ProblemPage({ values }: PageProps) {
  const words = useWords(pageWords);
  const all = useWords(problemWords);
  const kind = values["type"] ?? "";
  if (!Object.hasOwn(all, kind)) {
    return (
      <Page title={words.unknown} lead={words.unknownText}>
        <p><Link class="ds-link" to="/">{words.home}</Link></p>
      </Page>
    );
  }
  const problem = all[kind as keyof typeof all];
  return (
    <Page title={problem.title}>
      <section class="section">
        <h2 class="ds-heading" data-size="xs">{words.what}</h2>
        <p>{problem.means}</p>
      </section>
      <section class="section">
        <h2 class="ds-heading" data-size="xs">{words.remedy}</h2>
        <p>{problem.remedy}</p>
      </section>
      <p class="quiet small">{words.code}: <code>/problems/{kind}</code></p>
      <p><Link class="ds-button" data-variant="secondary" to="/">{words.home}</Link></p>
    </Page>
  );
}
