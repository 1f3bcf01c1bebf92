import { Page } from "../../parts/page";

export function ProblemPage() {
  return <Page title="ProblemPage" />;
}
