import { describe, expect, it } from "vitest";
import { isValidElement } from "preact";
import type { ComponentChildren, VNode } from "preact";
import { Markdown } from "./markdown";
import { blocksOf } from "./markdown-blocks";

/** What a tree of elements would show: tags with their content, and the addresses of links. */
function shown(node: ComponentChildren): string {
  if (Array.isArray(node)) return node.map(shown).join("");
  if (!isValidElement(node)) return typeof node === "string" ? node : "";
  const { type, props } = node as VNode<{ children?: ComponentChildren; href?: string }>;
  const inner = shown(props.children);
  return `<${String(type)}${props.href ? ` ${props.href}` : ""}>${inner}</>`;
}

const markdown = (text: string, links = false) => shown(Markdown({ text, links }));

describe("Markdown", () => {
  it("becomes paragraphs, emphasis and code", () => {
    expect(markdown("Ett **viktigt** och *litet* `ord`.")).toBe(
      "<div><p>Ett <strong>viktigt</> och <em>litet</> <code>ord</>.</></>",
    );
  });

  it("shows HTML as the letters it is made of", () => {
    expect(markdown('<img src=x onerror="alert(1)">')).toBe('<div><p><img src=x onerror="alert(1)"></></>');
  });

  it("gives a model's links no address", () => {
    expect(markdown("[klicka](https://evil.example)")).toBe("<div><p>klicka</></>");
  });

  it("follows only safe addresses in our own documents", () => {
    expect(markdown("[a](/cookies) [b](javascript:alert(1)) [c](//evil.example)", true)).toContain("<a /cookies>a</>");
    expect(markdown("[b](javascript:x)", true)).toBe("<div><p>b</></>");
    expect(markdown("[c](//evil.example)", true)).toBe("<div><p>c</></>");
  });

  it("puts its highest heading right under the page's own", () => {
    const tree = shown(Markdown({ text: "### Del\n\n#### Underdel", under: 2 }));
    expect(tree).toBe("<div><h3>Del</><h4>Underdel</></>");
  });
});

describe("blocks", () => {
  it("keep the numbers of a list that starts anywhere", () => {
    expect(blocksOf("3. tre\n4. fyra")).toEqual([{ kind: "list", ordered: true, start: 3, items: ["tre", "fyra"] }]);
  });

  it("read a table, and a half-written one as text", () => {
    expect(blocksOf("| a | b |\n|---|---|\n| 1 | 2 |")).toEqual([
      { kind: "table", head: ["a", "b"], rows: [["1", "2"]] },
    ]);
    expect(blocksOf("| a | b |")).toEqual([{ kind: "paragraph", text: "| a | b |" }]);
  });

  it("end with the text even inside an open fence", () => {
    expect(blocksOf("```\nkod")).toEqual([{ kind: "code", text: "kod" }]);
  });

  it("take every kind of text to its end", () => {
    for (const text of ["#", "-", "- ", ">", "```", "|", "***", "1.", "   ", "* * a", "\n\n"]) {
      expect(blocksOf(`${text}\nslut`).length).toBeGreaterThan(0);
    }
  });
});
