import { Page } from "../../parts/page";

export function PolicyPage() {
  return <Page title="PolicyPage" />;
}
