import { Page } from "../../parts/page";

export function SecurityPage() {
  return <Page title="SecurityPage" />;
}
