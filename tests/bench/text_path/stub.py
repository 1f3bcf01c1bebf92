"""A vendor that is not the limit: Azure OpenAI's chat completions over HTTP/1.1, as bare asyncio protocol.

    python -m tests.bench.text_path.stub     (prints its port)

Every POST is answered, whatever its path. GET /seen says of each tagged request when it arrived and when its
connection closed, in seconds of the machine's monotonic clock.
"""

import asyncio
import json
import time
from typing import Any

import uvloop

from tests.bench.text_path.orders import Order, order_in

# LiteLLM takes a hundred equal chunks for a model that runs in circles, and ends the answer.
PIECES = tuple(f"~ord {number} är " for number in range(10))
MODEL = "gpt-4o-2024-11-20"
SAFE = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
TOKENS_IN = 250
HEAD = b"HTTP/1.1 200 OK\r\napim-request-id: bench\r\nx-ms-region: Sweden Central\r\n"
HEAD_END = b"\r\n\r\n"


class Vendor(asyncio.Protocol):
    """One connection; requests are answered one after the other."""

    def __init__(self, seen: dict[str, dict[str, float]]) -> None:
        self._seen = seen
        self._transport: asyncio.Transport
        self._rest = b""
        self._order: Order | None = None
        self._left = 0
        self._next_at = 0.0
        self._paused = False
        self._timer: asyncio.Handle | None = None
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer:
            self._timer.cancel()
        if self._order and self._order.tag:
            self._seen[self._order.tag]["closed"] = time.monotonic()
        self._order = None

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if self._order and self._timer is None:
            self._timer = self._loop.call_soon(self._piece)

    def data_received(self, data: bytes) -> None:
        self._rest += data
        if self._order is None:
            self._take_request()

    def _take_request(self) -> None:
        head, found, body = self._rest.partition(HEAD_END)
        if not found:
            return
        length = content_length(head)
        if len(body) < length:
            return
        self._rest = body[length:]
        if head.startswith(b"GET"):
            self._transport.write(document(self._seen))
            return
        order = self._order = order_in(body[:length])
        if order.tag:
            self._seen[order.tag] = {"arrived": time.monotonic()}
        self._left = order.chunks
        start = self._start_stream if order.stream else self._whole
        if order.first:
            self._timer = self._loop.call_later(order.first, start)
        else:
            start()

    def _whole(self) -> None:
        assert self._order is not None
        self._transport.write(WHOLE)
        self._end()

    def _start_stream(self) -> None:
        self._transport.write(STREAM_HEAD)
        self._next_at = self._loop.time()
        self._piece()

    def _piece(self) -> None:
        self._timer = None
        order = self._order
        if order is None or self._paused:
            return
        if not self._left:
            self._transport.write(STREAM_END)
            self._end()
            return
        self._transport.write(CHUNKS[self._left % len(CHUNKS)])
        self._left -= 1
        if order.pace:
            self._next_at += order.pace  # by the clock, so that a late chunk does not delay those after it
            self._timer = self._loop.call_at(self._next_at, self._piece)
        else:
            self._timer = self._loop.call_soon(self._piece)

    def _end(self) -> None:
        if self._order and self._order.tag:
            self._seen[self._order.tag]["finished"] = time.monotonic()
        self._order, self._timer = None, None
        if self._rest:
            self._take_request()


def content_length(head: bytes) -> int:
    at = head.lower().find(b"\r\ncontent-length:")
    return int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


def document(content: Any) -> bytes:
    body = json.dumps(content, ensure_ascii=False).encode()
    return b"%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (HEAD, len(body), body)


def envelope(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-bench",
        "object": kind,
        "created": 1_790_000_000,
        "model": MODEL,
        "system_fingerprint": "fp_bench",
        **more,
    }


def choice(finish_reason: str | None = None, **more: Any) -> dict[str, Any]:
    return {"index": 0, "finish_reason": finish_reason, "logprobs": None, "content_filter_results": SAFE, **more}


def event(content: Any) -> bytes:
    """One server-sent event as one HTTP chunk."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    data = f"data: {text}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(data), data)


def streamed(*choices: dict[str, Any], **more: Any) -> bytes:
    return event(envelope("chat.completion.chunk", choices=choices, **more))


USAGE = {"prompt_tokens": TOKENS_IN, "completion_tokens": 200, "total_tokens": TOKENS_IN + 200}
WHOLE = document(
    envelope(
        "chat.completion",
        choices=[choice("stop", message={"role": "assistant", "content": "".join(PIECES) * 5, "refusal": None})],
        usage=USAGE,
        prompt_filter_results=[{"prompt_index": 0, "content_filter_results": SAFE}],
    )
)
STREAM_HEAD = (
    HEAD
    + b"Content-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
    + event(
        {
            "choices": [],
            "created": 0,
            "id": "",
            "model": "",
            "object": "",
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": SAFE}],
        }
    )
    + streamed(choice(delta={"role": "assistant", "content": "", "refusal": None}))
)
CHUNKS = tuple(streamed(choice(delta={"content": piece})) for piece in PIECES)
STREAM_END = streamed(choice("stop", delta={})) + streamed(usage=USAGE) + event("[DONE]") + b"0\r\n\r\n"


async def serve() -> None:
    seen: dict[str, dict[str, float]] = {}
    server = await asyncio.get_running_loop().create_server(lambda: Vendor(seen), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
