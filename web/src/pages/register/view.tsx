import { Page } from "../../parts/page";

export function RegisterPage() {
  return <Page title="RegisterPage" />;
}
