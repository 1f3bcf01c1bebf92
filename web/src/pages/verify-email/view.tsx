import { Page } from "../../parts/page";

export function VerifyEmailPage() {
  return <Page title="VerifyEmailPage" />;
}
