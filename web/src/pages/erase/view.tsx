import { Page } from "../../parts/page";

export function ErasePage() {
  return <Page title="ErasePage" />;
}
