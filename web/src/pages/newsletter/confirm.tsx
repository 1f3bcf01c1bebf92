import { Page } from "../../parts/page";

export function ConfirmPage() {
  return <Page title="ConfirmPage" />;
}
