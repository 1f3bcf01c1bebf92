"""One browser's connection: uvicorn's, with bounds on what uvicorn leaves open, and problem documents for its refusals.

Bounded are the size and the time of a request's head, the number of connections, how long an answer may lie unread,
and how much is still taken of a body that nobody wants any more, since its request is answered. What cannot be parsed
gets a problem document as well, in Swedish, since its language is not known.
"""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from contracts.envelope import Language
from contracts.errors import ErrorKind, Refusal
from contracts.identifiers import new_id
from services.gateway.api.language import language_of
from services.gateway.api.problems import response_of

CONNECTIONS_MAX = 2000
HEAD_BYTES_MAX = 64 * 1024
HEAD_SECONDS_MAX = 15.0
UNREAD_SECONDS_MAX = 60.0
# Closing before a body is through would take the answer away from a client that is still sending.
UNWANTED_BYTES_MAX, UNWANTED_SECONDS_MAX = 8 * 1024 * 1024, 15.0


class Connection(HttpToolsProtocol):
    """Parses requests and hands them to the application."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._serving = self.app
        self._head_bytes = 0
        self._head: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._in_body = False
        self._unwanted_bytes = 0
        self._unwanted: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Expect a first request soon."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._head_is_here()
        self._is_read()
        self._unwanted_is_through()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse; a head that is too long is refused before it is whole."""
        if not self._is_answering:
            if self._in_body:
                self._take_unwanted(len(data))
            elif self._head is None:
                self._expect_head()
        super().data_received(data)
        if self._head is not None and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self._refuse("head-too-large")

    def on_headers_complete(self) -> None:
        """Hand the request over, or say that there are too many."""
        self._head_is_here()
        self._in_body = True
        self.app = busy if len(self.connections) > CONNECTIONS_MAX else self._serving
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is through; what comes now is another request."""
        self._in_body = False
        self._unwanted_is_through()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The browser does not read: leave it if it does not for long."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(UNREAD_SECONDS_MAX, self.transport.abort)

    def resume_writing(self) -> None:
        """It reads again."""
        self._is_read()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 — uvicorn's words are not ours
        """Refuse what is not HTTP."""
        self._refuse("http")

    @property
    def _is_answering(self) -> bool:
        # Before the first request there is none, whatever uvicorn's annotation says.
        return bool(self.cycle) and not self.cycle.response_complete

    def _expect_head(self) -> None:
        self._head_bytes = 0
        self._head = self.loop.call_later(HEAD_SECONDS_MAX, self._head_is_late)

    def _head_is_here(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _head_is_late(self) -> None:
        if self._head_bytes:
            self._refuse("head-too-slow")
        else:
            self.transport.close()  # a browser that connected in advance and thought better of it

    def _take_unwanted(self, count: int) -> None:
        self._unwanted_bytes += count
        if self._unwanted_bytes > UNWANTED_BYTES_MAX:
            self.transport.close()
        elif self._unwanted is None:
            self._unwanted = self.loop.call_later(UNWANTED_SECONDS_MAX, self.transport.close)

    def _unwanted_is_through(self) -> None:
        self._unwanted_bytes = 0
        if self._unwanted is not None:
            self._unwanted.cancel()
            self._unwanted = None

    def _is_read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _refuse(self, reason: str) -> None:
        self._head_is_here()
        if not (self._is_answering or self._in_body or self.transport.is_closing()):
            self.transport.write(refusal_bytes(reason))
        self.transport.close()


def refusal_bytes(reason: str) -> bytes:
    """A whole answer to something that is no request."""
    response = response_of(Refusal(ErrorKind.MALFORMED, reason), Language.SWEDISH, new_id())
    fields = [*response.raw_headers, (b"connection", b"close"), (b"x-content-type-options", b"nosniff")]
    head = b"".join(name + b": " + value + b"\r\n" for name, value in fields)
    return STATUS_LINE[response.status_code] + head + b"\r\n" + bytes(response.body)


async def busy(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one connection too many."""
    refusal = Refusal(ErrorKind.UNAVAILABLE, "busy", retry_after_seconds=2)
    response = response_of(refusal, language_of(Request(scope)), new_id())
    response.headers["Connection"] = "close"
    await response(scope, receive, send)
