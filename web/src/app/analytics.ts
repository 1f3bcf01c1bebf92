/** Usage statistics: which kind of page was seen, and nothing about who saw it. */
import { send } from "../api/http";

export function countPageView(template: string): void {
  const body = { event: "page_viewed", properties: { page: template } };
  send("POST", "/api/analytics/events", { body }).catch(() => undefined);
}
