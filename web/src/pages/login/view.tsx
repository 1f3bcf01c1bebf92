import { Page } from "../../parts/page";

export function LoginPage() {
  return <Page title="LoginPage" />;
}
