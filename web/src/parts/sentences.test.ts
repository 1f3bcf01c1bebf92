import { describe, expect, it } from "vitest";
import { sentencesAfter, spoken } from "./sentences";

describe("sentences for a screen reader", () => {
  it("wait until the sentence is whole", () => {
    expect(sentencesAfter("Växter gör sin ma", 0)).toEqual({ words: "", end: 0 });
    expect(sentencesAfter("Växter gör sin mat. Det", 0)).toEqual({ words: "Växter gör sin mat.", end: 19 });
  });

  it("go on where they stopped", () => {
    expect(sentencesAfter("Ett. Två! Tre", 4)).toEqual({ words: "Två!", end: 9 });
  });

  it("do not read the signs of Markdown", () => {
    expect(spoken("## Rubrik\n- **ett**\n2. `två`")).toBe("Rubrik\nett\ntvå");
  });
});
