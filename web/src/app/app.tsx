/** The whole page: language, session and consent around the shell and the page that the address names. */
import { useEffect, useMemo } from "preact/hooks";
import { languageOf } from "../messages/language";
import { countPageView } from "./analytics";
import { ConsentProvider, useConsent } from "./consent";
import { LanguageContext } from "./language";
import { followLinks, usePlace } from "./place";
import { findRoute } from "./routes";
import type { Route } from "./routes";
import { RoutedPage } from "./routed-page";
import { SessionProvider } from "./session";
import { Shell } from "./shell";

/** Reports the route's template, never the address, and only once statistics have been agreed to. */
function PageViews({ route }: { route: Route }) {
  const agreed = useConsent().consent?.purposes.analytics === true;
  useEffect(() => {
    if (agreed) countPageView(route.template);
  }, [agreed, route]);
  return null;
}

export function App() {
  const place = usePlace();
  const language = languageOf(place.search, navigator.languages);
  document.documentElement.lang = language;
  useEffect(followLinks, []);
  const { route, values } = useMemo(() => findRoute(place.path), [place.path]);
  return (
    <LanguageContext.Provider value={language}>
      <SessionProvider>
        <ConsentProvider>
          <PageViews route={route} />
          <Shell>
            <RoutedPage key={place.path} route={route} values={values} />
          </Shell>
        </ConsentProvider>
      </SessionProvider>
    </LanguageContext.Provider>
  );
}
