import { Page } from "../../parts/page";

export function NotFoundPage() {
  return <Page title="NotFoundPage" />;
}
