import { Page } from "../../parts/page";

export function PrivacyPage() {
  return <Page title="PrivacyPage" />;
}
