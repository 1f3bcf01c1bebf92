import { beforeAll, describe, expect, it, vi } from "vitest";
import { secretFromFragment, secretOutOfPath, withLanguage } from "./place";
import { findRoute } from "./routes";

beforeAll(() => vi.stubGlobal("location", new URL("https://larabot.se/")));

describe("addresses", () => {
  it("carry a chosen language along, and only a chosen one", () => {
    expect(withLanguage("/tools", "")).toBe("/tools");
    expect(withLanguage("/tools", "?lang=en")).toBe("/tools?lang=en");
    expect(withLanguage("/privacy/requests/a#token=b", "?lang=nb")).toBe("/privacy/requests/a?lang=nb#token=b");
  });

  it("hold secrets in the fragment", () => {
    expect(secretFromFragment("#token=abc-_1", "token")).toBe("abc-_1");
    expect(secretFromFragment("", "token")).toBeUndefined();
  });

  it("give up a secret that a mail program left in the path", () => {
    const opened = { path: "/newsletter/unsubscribe/abc-_1", search: "?lang=nb" };
    expect(secretOutOfPath(opened)).toBe("/newsletter/unsubscribe?lang=nb#token=abc-_1");
    expect(secretOutOfPath({ ...opened, path: "/newsletter/unsubscribe" })).toBeUndefined();
  });

  it("find their page, with or without a last slash", () => {
    expect(findRoute("/tools/simplify").values).toEqual({ tool: "simplify" });
    expect(findRoute("/privacy/").route.template).toBe("/privacy");
    expect(findRoute("/nowhere/at/all").route.template).toBe("not-found");
  });
});
