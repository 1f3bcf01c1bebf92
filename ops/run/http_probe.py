"""The smallest HTTP client that can ask a local process whether it is ready."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

ANSWER_BYTES_MAX = 16 * 1024
POLL_EVERY_SECONDS = 0.05


@dataclass(frozen=True)
class Answer:
    status: int
    body: str


class NotReady(Exception):
    """The deadline passed; the message is the last answer."""


async def ask(url: str, *, timeout_seconds: float = 5, bytes_max: int = ANSWER_BYTES_MAX) -> Answer:
    """GET the address once; an answer is cut after `bytes_max`.

    Raises:
        OSError: nobody listens, or the answer is not HTTP.
        TimeoutError: no whole answer in time.
    """
    parts = urlsplit(url)
    async with asyncio.timeout(timeout_seconds):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            target = f"{parts.path or '/'}?{parts.query}".removesuffix("?")
            # Version 1.0: the answer ends with the connection and comes in one piece, not in chunks.
            head = f"GET {target} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n"
            writer.write(head.encode())
            received = b""
            while len(received) < bytes_max and (piece := await reader.read(ANSWER_BYTES_MAX)):
                received += piece
        finally:
            writer.close()
    answer_head, _, body = received.partition(b"\r\n\r\n")
    words = answer_head.split(maxsplit=2)
    if len(words) < 2 or not words[1].isdigit():  # noqa: PLR2004  # version and status
        raise OSError("the answer is not HTTP")
    return Answer(int(words[1]), body.decode(errors="replace").strip())


async def until_ready(url: str, *, deadline_seconds: float) -> None:
    """Poll until the address answers 200."""
    last = "nobody listens there"
    try:
        async with asyncio.timeout(deadline_seconds):
            while True:
                try:
                    answer = await ask(url)
                except OSError as error:  # TimeoutError is one
                    last = str(error) or "no answer in time"
                else:
                    if answer.status == HTTPStatus.OK:
                        return
                    last = f"{answer.status} {answer.body}"
                await asyncio.sleep(POLL_EVERY_SECONDS)
    except TimeoutError:
        raise NotReady(f"{url} was not ready within {deadline_seconds:g} s; its last answer: {last}") from None
