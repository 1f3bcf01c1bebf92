/** Every cookie the site can set, as the platform's own list states it. */
import { useWords } from "../../app/language";
import { fetchPolicy } from "../../api/policy";
import { FactsTable } from "../../parts/facts-table";
import { Loaded, useFetched } from "../../parts/loaded";
import { words as pageWords } from "./messages";

export function CookieList() {
  const words = useWords(pageWords);
  const fetched = useFetched(fetchPolicy);
  return (
    <Loaded from={fetched}>{(policy) => <FactsTable caption={words.list} rows={policy.cookies} />}</Loaded>
  );
}
