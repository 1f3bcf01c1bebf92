/** Markdown as elements, never as HTML: what a model or a document writes can only become these few kinds. */
import { createElement } from "preact";
import type { ComponentChildren } from "preact";
import { blocksOf } from "./markdown-blocks";
import type { Block } from "./markdown-blocks";

const INLINE = /(`[^`\n]+`)|(\*\*|__)(?=\S)(.+?)(?<=\S)\2|([*_])(?=\S)(.+?)(?<=\S)\4(?!\w)|\[([^\]\n]+)\]\(([^()\s]+)\)/;

function safeAddress(address: string): string | undefined {
  if (address.startsWith("/") && !address.startsWith("//")) return address;
  return /^(https:\/\/|mailto:)/i.test(address) ? address : undefined;
}

function inline(text: string, links: boolean): ComponentChildren[] {
  const parts: ComponentChildren[] = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    const [whole, code, , strong, , emphasis, label, address] = found;
    if (found.index > 0) parts.push(rest.slice(0, found.index));
    if (code) parts.push(<code>{code.slice(1, -1)}</code>);
    else if (strong) parts.push(<strong>{inline(strong, links)}</strong>);
    else if (emphasis) parts.push(<em>{inline(emphasis, links)}</em>);
    else if (label) parts.push(anchor(label, address ?? "", links));
    rest = rest.slice(found.index + whole.length);
  }
  if (rest) parts.push(rest);
  return parts;
}

function anchor(label: string, address: string, links: boolean): ComponentChildren {
  const safe = links ? safeAddress(address) : undefined;
  return safe ? <a class="ds-link" href={safe}>{label}</a> : label;
}

const SIZES = ["lg", "md", "sm", "xs", "2xs", "2xs"] as const;

function heading(level: number, words: ComponentChildren[]): ComponentChildren {
  const depth = Math.min(level, 6);
  return createElement(`h${depth}`, { class: "ds-heading", "data-size": SIZES[depth - 1] ?? "2xs" }, words);
}

function element(block: Block, links: boolean, shift: number): ComponentChildren {
  switch (block.kind) {
    case "heading":
      return heading(shift + block.level, inline(block.text, links));
    case "list": {
      const items = block.items.map((item) => <li>{inline(item, links)}</li>);
      return block.ordered ? <ol class="ds-list" start={block.start}>{items}</ol> : <ul class="ds-list">{items}</ul>;
    }
    case "quote":
      return <blockquote>{inline(block.text, links)}</blockquote>;
    case "code":
      return <pre tabIndex={0}><code>{block.text}</code></pre>;
    case "table":
      return (
        <div class="table-scroll" tabIndex={0} role="group">
          <table class="ds-table">
            <thead><tr>{block.head.map((cell) => <th scope="col">{inline(cell, links)}</th>)}</tr></thead>
            <tbody>
              {block.rows.map((row) => <tr>{row.map((cell) => <td>{inline(cell, links)}</td>)}</tr>)}
            </tbody>
          </table>
        </div>
      );
    case "rule":
      return <hr />;
    default:
      return <p>{inline(block.text, links)}</p>;
  }
}

interface MarkdownProps {
  readonly text: string;
  /** Links are shown as links only in our own documents; a model's answer gets their words alone. */
  readonly links?: boolean;
  /** The level of the heading that the text stands under: its own highest heading comes next below. */
  readonly under?: number;
}

function highestHeading(blocks: readonly Block[]): number {
  const levels = blocks.map((block) => (block.kind === "heading" ? block.level : 6));
  return Math.min(6, ...levels);
}

export function Markdown({ text, links = false, under = 1 }: MarkdownProps) {
  const blocks = blocksOf(text);
  const shift = under + 1 - highestHeading(blocks);
  return <div class="markdown">{blocks.map((block) => element(block, links, shift))}</div>;
}
