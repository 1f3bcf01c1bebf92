import { describe, expect, it } from "vitest";
import { serverSentEvents } from "./stream";
import type { ServerSentEvent } from "./stream";

async function read(pieces: readonly string[]): Promise<ServerSentEvent[]> {
  const bytes = pieces.map((piece) => Uint8Array.from(piece, (letter) => letter.charCodeAt(0)));
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of bytes) controller.enqueue(piece);
      controller.close();
    },
  });
  const found: ServerSentEvent[] = [];
  for await (const event of serverSentEvents(body)) found.push(event);
  return found;
}

describe("server-sent events", () => {
  it("come whole although the network cuts anywhere", async () => {
    const whole = 'event: delta\ndata: {"text":"hej"}\n\nevent: done\ndata: {}\n\n';
    for (let cut = 1; cut < whole.length; cut++) {
      expect(await read([whole.slice(0, cut), whole.slice(cut)])).toEqual([
        { event: "delta", data: '{"text":"hej"}' },
        { event: "done", data: "{}" },
      ]);
    }
  });

  it("keep a letter whose bytes are cut in two", async () => {
    expect(await read(["data: r\u00c3", "\u00a4v\n\n"])).toEqual([{ event: "message", data: "räv" }]);
  });

  it("may use carriage returns and many data lines, and comments are nothing", async () => {
    expect(await read([": ping\r\n\r\ndata: a\r\ndata: b\r\n\r\n"])).toEqual([{ event: "message", data: "a\nb" }]);
  });

  it("that are not finished are not events", async () => {
    expect(await read(["data: halv"])).toEqual([]);
  });
});
