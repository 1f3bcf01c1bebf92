import { Page } from "../../parts/page";

export function CookiesPage() {
  return <Page title="CookiesPage" />;
}
