import { Page } from "../../parts/page";

export function ToolPage() {
  return <Page title="ToolPage" />;
}
