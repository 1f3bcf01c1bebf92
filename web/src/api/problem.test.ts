import { describe, expect, it } from "vitest";
import openapi from "../../../contracts/schemas/openapi.json";
import { problemWords } from "../messages/problems";
import { ProblemError, atField, kindOf, localProblem, problemOf } from "./problem";

describe("problems", () => {
  it("are all explained, and nothing is explained that does not exist", () => {
    const types = openapi.components.schemas.Problem.properties.type.enum.map((type) => type.replace("/problems/", ""));
    const ofThePageItself = ["offline", "notice-changed"];
    const explained = Object.keys(problemWords.sv).filter((kind) => !ofThePageItself.includes(kind));
    expect(explained.sort()).toEqual(types.sort());
  });

  it("come from the document, or from the status when there is none", async () => {
    const document = { type: "/problems/gone", title: "x", status: 410 };
    expect(kindOf(await problemOf(Response.json(document, { status: 410 })))).toBe("gone");
    expect(kindOf(await problemOf(new Response("<html>", { status: 502 })))).toBe("upstream-failed");
  });

  it("tell how long to wait", async () => {
    const answer = new Response("", { status: 429, headers: { "Retry-After": "7" } });
    expect((await problemOf(answer)).retry_after_seconds).toBe(7);
  });

  it("about a wrong secret stand beside its field, and others stay as they are", () => {
    const refused = { ...localProblem("unauthenticated", 401), reason: "login-failed" };
    const wrong = atField(new ProblemError(refused), "password", "fel");
    expect((wrong as ProblemError).problem.errors).toEqual([{ field: "password", words: "fel" }]);
    for (const kind of ["unavailable", "unauthenticated"]) {
      const other = new ProblemError(localProblem(kind));
      expect(atField(other, "password", "fel")).toBe(other);
    }
  });
});
