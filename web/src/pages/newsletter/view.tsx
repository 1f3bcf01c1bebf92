import { Page } from "../../parts/page";

export function NewsletterPage() {
  return <Page title="NewsletterPage" />;
}
