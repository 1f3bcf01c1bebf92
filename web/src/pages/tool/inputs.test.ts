import { describe, expect, it } from "vitest";
import { defaultOf, isTooLong, lengthInCharacters, withDefaults } from "./inputs";

const target = { name: "target_language", choices: ["sv", "nb", "en"] };
const level = { name: "level", choices: ["A2", "A1"] };

describe("a text that is too long", () => {
  it("is measured in characters, and fits once the surplus is gone", () => {
    for (const text of ["å".repeat(33_000), "a".repeat(80_000), "🙂".repeat(20_000)]) {
      const { surplus, most } = lengthInCharacters(text);
      expect(isTooLong(text)).toBe(true);
      expect(isTooLong(text.slice(surplus))).toBe(false);
      expect(isTooLong(text.slice(0, most))).toBe(false);
    }
  });
});

describe("what nobody chose", () => {
  it("is the first choice", () => expect(defaultOf(level, "sv")).toBe("A2"));

  it("is never a translation into the reader's own language", () => {
    expect(defaultOf(target, "sv")).toBe("nb");
    expect(defaultOf(target, "nb")).toBe("sv");
  });

  it("is sent as it stands on the page", () => {
    expect(withDefaults([{ name: "text", choices: [] }, target, level], { level: "A1" }, "sv")).toEqual({
      target_language: "nb",
      level: "A1",
    });
  });
});
