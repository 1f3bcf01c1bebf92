import { Page } from "../../parts/page";

export function CasePage() {
  return <Page title="CasePage" />;
}
