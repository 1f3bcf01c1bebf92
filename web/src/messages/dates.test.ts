import { describe, expect, it } from "vitest";
import { waitInWords } from "./dates";

describe("a wait", () => {
  it("of one second is said in the singular", () => {
    expect(waitInWords("sv", 1)).toBe("1 sekund");
    expect(waitInWords("nb", 1)).toBe("1 sekund");
    expect(waitInWords("en", 1)).toBe("1 second");
  });

  it("is said in the unit that people would use, never too short", () => {
    expect(waitInWords("sv", 90)).toBe("90 sekunder");
    expect(waitInWords("en", 121)).toBe("3 minutes");
    expect(waitInWords("nb", 43_000)).toBe("12 timer");
  });
});
