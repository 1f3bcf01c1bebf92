import { Page } from "../../parts/page";

export function ResetPasswordPage() {
  return <Page title="ResetPasswordPage" />;
}
