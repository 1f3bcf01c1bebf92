"""A load client that is not the limit: HTTP/1.1 with kept connections, as bare asyncio protocol."""

import asyncio
import re
import time
from dataclasses import dataclass, field

from tests.bench.text_path.figures import MARK

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED_END = b"0\r\n\r\n"
TAIL_BYTES = 512
ANSWER_SECONDS_MAX = 90


@dataclass(slots=True)
class Answer:
    """What came back, with its times in seconds of the monotonic clock."""

    began: float
    status: int = 0
    ended: float = 0.0
    arrivals: list[tuple[float, int]] = field(default_factory=list)
    """(when, how many chunks of text) of every read that brought some."""
    tail: bytes = b""
    """The last bytes, to see how it ended."""

    @property
    def chunks(self) -> int:
        return sum(count for _, count in self.arrivals)

    @property
    def first_seconds(self) -> float:
        """From the request until the first text; NaN where none came."""
        return self.arrivals[0][0] - self.began if self.arrivals else float("nan")


class Connection(asyncio.Protocol):
    """One kept connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._answer = Answer(0.0)
        self._head = b""
        self._in_body = False
        self._left: int | None = None

    @classmethod
    async def to(cls, address: tuple[str, int]) -> "Connection":
        _, made = await asyncio.get_running_loop().create_connection(cls, *address)
        return made

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes) -> Answer:
        """Send a request and read its answer to the end.

        Raises:
            ConnectionError: it broke before the end.
            TimeoutError: there was no end.
        """
        waiter = self.send(request)
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            await waiter
        return self._answer

    def send(self, request: bytes) -> asyncio.Future[None]:
        """Send without waiting; the future ends with the answer."""
        if self._transport is None:
            raise ConnectionError("closed")
        self._waiter = asyncio.get_running_loop().create_future()
        self._head, self._in_body, self._left = b"", False, None
        self._answer = Answer(time.monotonic())
        self._transport.write(request)
        return self._waiter

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._waiter and not self._waiter.done():
            self._waiter.set_exception(ConnectionError("broke before the end"))
            self._waiter.exception()  # whoever closed the connection does not ask

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        if not self._in_body:
            self._head += data
            head, found, data = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            self._in_body = True
            self._answer.status = int(head[9:12])
            length = LENGTH.search(head)
            self._left = int(length[1]) if length else None
        answer = self._answer
        count = data.count(MARK)
        if count:
            answer.arrivals.append((now, count))
        answer.tail = (answer.tail + data)[-TAIL_BYTES:]
        if self._left is not None:
            self._left -= len(data)
            is_whole = self._left <= 0
        else:
            is_whole = answer.tail.endswith(CHUNKED_END)
        if is_whole and self._waiter and not self._waiter.done():
            answer.ended = now
            self._waiter.set_result(None)
