import { Page } from "../../parts/page";

export function ForgotPasswordPage() {
  return <Page title="ForgotPasswordPage" />;
}
