import { Page } from "../../parts/page";

export function ToolsPage() {
  return <Page title="ToolsPage" />;
}
