/** Every page: its path template and the code that shows it, fetched when it is first needed. */
import type { ComponentType } from "preact";
import { StartPage } from "../pages/start/view";

export type PathValues = Readonly<Record<string, string>>;
export interface PageProps {
  readonly values: PathValues;
}
type Page = ComponentType<PageProps>;

export interface Route {
  readonly template: string;
  readonly page?: Page;
  readonly load?: () => Promise<Page>;
}

export const routes: readonly Route[] = [
  { template: "/", page: StartPage },
  { template: "/policy", load: async () => (await import("../pages/policy/view")).PolicyPage },
  { template: "/cookies", load: async () => (await import("../pages/cookies/view")).CookiesPage },
  { template: "/login", load: async () => (await import("../pages/login/view")).LoginPage },
  { template: "/register", load: async () => (await import("../pages/register/view")).RegisterPage },
  { template: "/verify-email", load: async () => (await import("../pages/verify-email/view")).VerifyEmailPage },
  { template: "/password/forgot", load: async () => (await import("../pages/password/forgot")).ForgotPasswordPage },
  { template: "/password/reset", load: async () => (await import("../pages/password/reset")).ResetPasswordPage },
  { template: "/account/security", load: async () => (await import("../pages/security/view")).SecurityPage },
  { template: "/tools", load: async () => (await import("../pages/tools/view")).ToolsPage },
  { template: "/tools/:tool", load: async () => (await import("../pages/tool/view")).ToolPage },
  { template: "/privacy", load: async () => (await import("../pages/privacy/view")).PrivacyPage },
  { template: "/privacy/erase", load: async () => (await import("../pages/erase/view")).ErasePage },
  { template: "/privacy/requests/:id", load: async () => (await import("../pages/case/view")).CasePage },
  { template: "/newsletter", load: async () => (await import("../pages/newsletter/view")).NewsletterPage },
  { template: "/newsletter/confirm", load: async () => (await import("../pages/newsletter/confirm")).ConfirmPage },
  { template: "/newsletter/unsubscribe", load: async () => (await import("../pages/newsletter/unsubscribe")).UnsubscribePage },
  { template: "/problems/:type", load: async () => (await import("../pages/problem/view")).ProblemPage },
];

export const notFound: Route = {
  template: "not-found",
  load: async () => (await import("../pages/not-found/view")).NotFoundPage,
};

function valuesOf(template: string, path: string): PathValues | undefined {
  const wanted = template.split("/");
  const given = path.replace(/(?<=.)\/$/, "").split("/");
  if (wanted.length !== given.length) return undefined;
  const values: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":")) values[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return values;
}

export function findRoute(path: string): { route: Route; values: PathValues } {
  for (const route of routes) {
    const values = valuesOf(route.template, path);
    if (values) return { route, values };
  }
  return { route: notFound, values: {} };
}
