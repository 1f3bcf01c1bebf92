import { Page } from "../../parts/page";

export function UnsubscribePage() {
  return <Page title="UnsubscribePage" />;
}
