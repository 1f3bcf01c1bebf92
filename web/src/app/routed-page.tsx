/** Shows a route's page, fetching its code first where it came separately. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { localProblem } from "../api/problem";
import { Loading } from "../parts/loading";
import { Page as PageFrame } from "../parts/page";
import { ProblemAlert } from "../parts/problem-alert";
import type { PageProps, PathValues, Route } from "./routes";
import type { ComponentType } from "preact";

const fetched = new Map<Route, ComponentType<PageProps>>();

function isHere(route: Route): ComponentType<PageProps> | undefined {
  return route.page ?? fetched.get(route);
}

export function RoutedPage({ route, values }: { route: Route; values: PathValues }) {
  const [, show] = useState(0);
  const [failed, setFailed] = useState(false);
  const fetchPage = useCallback(() => {
    if (isHere(route) || !route.load) return;
    setFailed(false);
    route.load().then(
      (page) => {
        fetched.set(route, page);
        show((count) => count + 1);
      },
      () => setFailed(true),
    );
  }, [route]);
  useEffect(fetchPage, [fetchPage]);

  const Page = isHere(route);
  if (Page) return <Page values={values} />;
  if (failed) {
    return (
      <PageFrame title="Larabot">
        <ProblemAlert problem={localProblem(navigator.onLine ? "unavailable" : "offline")} again={fetchPage} />
      </PageFrame>
    );
  }
  return (
    <div class="page">
      <Loading />
    </div>
  );
}
