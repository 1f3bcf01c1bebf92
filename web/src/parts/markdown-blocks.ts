/** Splits Markdown into blocks; whatever is not recognised is an ordinary paragraph. */
export type Block =
  | { kind: "paragraph" | "quote" | "code"; text: string }
  | { kind: "heading"; level: number; text: string }
  | { kind: "list"; ordered: boolean; start: number; items: string[] }
  | { kind: "table"; head: string[]; rows: string[][] }
  | { kind: "rule" };

const HEADING = /^(#{1,6})\s+(.*)$/;
const ITEM = /^\s*(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const RULE = /^\s*([-*_])(?:\s*\1){2,}\s*$/;
const TABLE_LINE = /^\s*\|.*\|\s*$/;
const TABLE_RULE = /^\s*\|(?:\s*:?-+:?\s*\|)+\s*$/;

function cellsOf(line: string): string[] {
  return line.trim().slice(1, -1).split("|").map((cell) => cell.trim());
}

/** Reads the lines once, front to back; every reader takes at least one line. */
class Lines {
  private at = 0;
  constructor(private readonly lines: readonly string[]) {}

  get next(): string | undefined {
    return this.lines[this.at];
  }

  get afterNext(): string | undefined {
    return this.lines[this.at + 1];
  }

  take(): string {
    return this.lines[this.at++] ?? "";
  }

  takeWhile(fits: (line: string) => boolean): string[] {
    const taken: string[] = [];
    while (this.next !== undefined && fits(this.next)) taken.push(this.take());
    return taken;
  }
}

function list(lines: Lines): Block {
  const first = ITEM.exec(lines.next ?? "");
  const ordered = first?.[1] !== undefined;
  const items: string[] = [];
  for (;;) {
    const item = ITEM.exec(lines.next ?? "");
    if (item && (item[1] !== undefined) === ordered) {
      lines.take();
      items.push(item[2] ?? "");
    } else if (/^\s{2,}\S/.test(lines.next ?? "") && items.length > 0) {
      items[items.length - 1] += ` ${lines.take().trim()}`;
    } else if (lines.next?.trim() === "" && ITEM.test(lines.afterNext ?? "")) {
      lines.take();
    } else {
      return { kind: "list", ordered, start: Number(first?.[1] ?? 1), items };
    }
  }
}

function code(lines: Lines): Block {
  const fence = /^\s*(`{3,}|~{3,})/.exec(lines.take())?.[1] ?? "```";
  const text = lines.takeWhile((line) => !line.trimStart().startsWith(fence)).join("\n");
  lines.take();
  return { kind: "code", text };
}

function table(lines: Lines): Block {
  const head = cellsOf(lines.take());
  lines.take();
  return { kind: "table", head, rows: lines.takeWhile((line) => TABLE_LINE.test(line)).map(cellsOf) };
}

function startsBlock(line: string): boolean {
  return line.trim() === "" || HEADING.test(line) || ITEM.test(line) || RULE.test(line) || /^\s*(```|~~~|>)/.test(line);
}

function block(lines: Lines): Block {
  const line = lines.next ?? "";
  const title = HEADING.exec(line);
  if (title) {
    lines.take();
    return { kind: "heading", level: title[1]?.length ?? 1, text: title[2] ?? "" };
  }
  if (/^\s*(```|~~~)/.test(line)) return code(lines);
  if (RULE.test(line)) {
    lines.take();
    return { kind: "rule" };
  }
  if (ITEM.test(line)) return list(lines);
  if (TABLE_LINE.test(line) && TABLE_RULE.test(lines.afterNext ?? "")) return table(lines);
  if (/^\s*>/.test(line)) {
    const quoted = lines.takeWhile((one) => /^\s*>/.test(one)).map((one) => one.replace(/^\s*>\s?/, ""));
    return { kind: "quote", text: quoted.join(" ") };
  }
  const first = lines.take();
  return { kind: "paragraph", text: [first, ...lines.takeWhile((one) => !startsBlock(one))].join(" ") };
}

export function blocksOf(text: string): Block[] {
  const lines = new Lines(text.replace(/\r\n?/g, "\n").split("\n"));
  const blocks: Block[] = [];
  for (;;) {
    lines.takeWhile((line) => line.trim() === "");
    if (lines.next === undefined) return blocks;
    blocks.push(block(lines));
  }
}
