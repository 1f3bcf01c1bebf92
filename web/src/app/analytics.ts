/** Usage statistics: which kind of page was seen in which kind of browser, and nothing about who saw it. */
import { send } from "../api/http";

type Browser = "firefox" | "edge" | "chrome" | "safari" | "other";

function kindOfBrowser(agent: string): Browser {
  if (agent.includes("Firefox/")) return "firefox";
  if (agent.includes("Edg/")) return "edge";
  if (agent.includes("Chrome/")) return "chrome";
  return agent.includes("Safari/") ? "safari" : "other";
}

export function countPageView(template: string): void {
  const properties = { page: template, browser: kindOfBrowser(navigator.userAgent) };
  const body = { event: "page_viewed", properties };
  send("POST", "/api/analytics/events", { body }).catch(() => undefined);
}
