"""What nats-server tells about itself, for programs of this machine and for no web page.

The server's own monitoring port answers whoever asks, any page and any host name among them
(`Access-Control-Allow-Origin: *`; with `?callback=` even as a script), and its answers name inboxes and public keys.
So it stands under a path that nobody can guess (`http_base_path`), and this door hands on what it says to requests
that name loopback as their host and come from no page.
"""

import asyncio
import contextlib
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self
from urllib.parse import urlsplit

from ops.run.http_probe import Answer, ask

PAGES = frozenset({"/healthz", "/varz", "/jsz", "/connz", "/subsz"})
QUERY = re.compile(r"[A-Za-z0-9_=&.,-]{0,200}")
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost"})
HEAD_BYTES_MAX = 16 * 1024
ANSWER_BYTES_MAX = 8 * 1024 * 1024
REQUEST_SECONDS_MAX = 10.0
HEADERS = (
    "Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\nConnection: close\r\n"
)


@dataclass(frozen=True)
class Question:
    """The head of a request, as far as it counts."""

    method: str
    target: str
    headers: dict[str, str]

    @classmethod
    def read(cls, head: bytes) -> Self:
        """Raises ValueError where it is no HTTP."""
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = (line.partition(":") for line in lines if line)
        return cls(method, target, {name.strip().lower(): value.strip() for name, _, value in headers})

    def refused(self) -> HTTPStatus | None:
        """Why it is not handed on."""
        if urlsplit(f"//{self.headers.get('host', '')}").hostname not in LOOPBACK_NAMES:
            return HTTPStatus.MISDIRECTED_REQUEST
        if "origin" in self.headers or self.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            return HTTPStatus.FORBIDDEN
        if self.method != "GET":
            return HTTPStatus.METHOD_NOT_ALLOWED
        path, _, query = self.target.partition("?")
        if path not in PAGES:
            return HTTPStatus.NOT_FOUND
        return None if QUERY.fullmatch(query) and "callback" not in query else HTTPStatus.BAD_REQUEST


class BusMonitor:
    """A door on `port`, before the server's own at `inner_url`."""

    def __init__(self, port: int, inner_url: str) -> None:
        self._port = port
        self._inner_url = inner_url
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Raises OSError: the port is taken."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", self._port, limit=HEAD_BYTES_MAX)

    def close(self) -> None:
        """Listen no longer."""
        if self._server is not None:
            self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, ValueError, EOFError, asyncio.LimitOverrunError):  # no HTTP: no answer
                async with asyncio.timeout(REQUEST_SECONDS_MAX):
                    answer = await self._found(Question.read(await reader.readuntil(b"\r\n\r\n")))
                    body = answer.body.encode()
                    status = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
                    writer.write(f"{status}{HEADERS}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                    await writer.drain()
        finally:
            writer.close()

    async def _found(self, question: Question) -> Answer:
        refusal = question.refused()
        if refusal is not None:
            return Answer(refusal, f'{{"error": "{refusal.phrase}"}}')
        try:
            return await ask(self._inner_url + question.target, bytes_max=ANSWER_BYTES_MAX)
        except OSError:
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, '{"error": "nats-server does not answer"}')
