import { describe, expect, it } from "vitest";
import { LANGUAGES, languageOf } from "./language";

describe("the language of a page", () => {
  it("is the one in the address, whatever the browser prefers", () => {
    expect(languageOf("?lang=en", ["sv-SE"])).toBe("en");
  });

  it("is the browser's first language that we speak", () => {
    expect(languageOf("", ["fi-FI", "nn-NO", "sv"])).toBe("nb");
  });

  it("is Swedish when nothing else is known", () => {
    expect(languageOf("?lang=xx", ["fi"])).toBe("sv");
    expect(languageOf("", [])).toBe("sv");
  });
});

type Tree = string | ((...values: never[]) => string) | readonly Tree[] | { readonly [key: string]: Tree };

/** Every message by its path: a string as it is, a function by how many values it takes. */
function leaves(tree: Tree, path: string): [string, string | number][] {
  if (typeof tree === "string") return [[path, tree]];
  if (typeof tree === "function") return [[path, tree.length]];
  return Object.entries(tree).flatMap(([key, value]) => leaves(value as Tree, `${path}.${key}`));
}

function isCatalogue(value: unknown): value is Record<string, Tree> {
  return typeof value === "object" && value !== null && LANGUAGES.every((language) => language in value);
}

const modules = import.meta.glob<Record<string, unknown>>(["./*.ts", "../**/messages.ts", "!./*.test.ts"], { eager: true });
const catalogues = Object.entries(modules).flatMap(([file, module]) =>
  Object.entries(module)
    .filter((entry): entry is [string, Record<string, Tree>] => isCatalogue(entry[1]))
    .map(([name, catalogue]) => ({ name: `${file} ${name}`, catalogue })),
);

describe("every message file", () => {
  it("is found", () => expect(catalogues.length).toBeGreaterThan(15));

  it.each(catalogues)("$name says the same things in all three languages", ({ catalogue }) => {
    const [swedish, ...others] = LANGUAGES.map((language) => leaves(catalogue[language] as Tree, ""));
    for (const other of others) expect(other.map(([path]) => path)).toEqual(swedish?.map(([path]) => path));
    for (const [path, words] of [swedish, ...others].flatMap((list) => list ?? [])) {
      expect(words, path).not.toBe("");
    }
  });

  it.each(catalogues)("$name has no English left in Swedish sentences", ({ catalogue }) => {
    const english = new Map(leaves(catalogue["en"] as Tree, ""));
    for (const [path, words] of leaves(catalogue["sv"] as Tree, "")) {
      if (typeof words === "string" && words.includes(" ") && words.length > 25) {
        expect(words, path).not.toBe(english.get(path));
      }
    }
  });
});
