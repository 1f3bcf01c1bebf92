"""One browser's connection: uvicorn's, with bounds on what uvicorn leaves open, and problem documents for its refusals.

Bounded are the size and the time of a request's head, the connections of an address and of all, how long an answer may
lie unread, and how much is still taken of a body that nobody wants any more, since its request is answered. What cannot
be parsed gets a problem document as well, in Swedish, since its language is not known.
"""

import asyncio
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import httptools
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from contracts.envelope import Language
from contracts.errors import ErrorKind, Refusal
from contracts.identifiers import new_id
from services.gateway.api.connection_shares import Activity, ConnectionShares
from services.gateway.api.http_request import HttpRequest
from services.gateway.api.problems import response_of

HEAD_BYTES_MAX = 64 * 1024
HEAD_SECONDS_MAX = 15.0
UNREAD_SECONDS_MAX = 60.0
# What a client sends before it can know that the server ends must arrive: a way across a network, and some more.
LAST_REQUEST_SECONDS = 1
# Closing before a body is through would take the answer away from a client that is still sending.
UNWANTED_BYTES_MAX, UNWANTED_SECONDS_MAX = 8 * 1024 * 1024, 15.0
FRAMING = frozenset({b"content-length", b"transfer-encoding"})
CLOSE = (b"connection", b"close")


class Connection(HttpToolsProtocol):
    """Parses requests and hands them to the application."""

    def __init__(self, *args: Any, shares: ConnectionShares, **options: Any) -> None:
        super().__init__(*args, **options)
        self._shares = shares
        self._serving = self.app
        self._on_left: Callable[[], None] | None = None
        self._is_lost = False
        self._head_bytes = 0
        self._head: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._in_body = False
        self._is_ending = False
        self._unwanted_bytes = 0
        self._unwanted: asyncio.TimerHandle | None = None

    def on_left(self, callback: Callable[[], None] | None) -> None:
        """Call back once when the browser is gone; None: nobody asks any more."""
        self._on_left = callback
        if self._is_lost and callback is not None:
            callback()

    @property
    def body_is_here(self) -> bool:
        """Whether the whole body of the request has arrived."""
        return not self._in_body

    @property
    def activity(self) -> Activity:
        """What is being done for it: an answer, or nothing yet, since it is slow; or nothing is asked for."""
        if self._in_body or self._unread is not None or self._head_bytes:
            return Activity.SLOW
        return Activity.WORKING if self._is_answering else Activity.IDLE

    def leave(self) -> None:
        """Close at once: somebody else needs the place."""
        self._shares.exit(self, self._address)
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Expect a first request soon; where there is no place, it will be told so."""
        super().connection_made(transport)
        if not self._shares.enter(self, self._address):
            self.app = busy
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more, and tell whoever still works for this browser."""
        self._is_lost = True
        self._shares.exit(self, self._address)
        self._head_is_here()
        self._is_read()
        self._unwanted_is_through()
        super().connection_lost(exc)
        if self._on_left is not None:
            self._on_left()

    def data_received(self, data: bytes) -> None:
        """Parse; a head that is too long is refused before it is whole."""
        if not self._is_answering:
            if self._in_body:
                self._take_unwanted(len(data))
            elif self._head is None:
                self._expect_head()
        self._unset_keepalive_if_required()
        self._parse(data)
        if self._head is not None and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self._refuse("head-too-large")

    def on_headers_complete(self) -> None:
        """Hand the request over."""
        self._head_is_here()
        self._in_body = True
        self.scope["larabot.connection"] = self  # type: ignore[typeddict-unknown-key] # ours
        self.server_state.default_headers = [(b"date", formatdate(usegmt=True).encode())]
        super().on_headers_complete()
        if self._is_ending:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """The body is through; what comes now is another request."""
        if self.parser.should_upgrade():
            return  # the parser takes what follows for another protocol; it is the body (see _ignore_upgrade)
        self._in_body = False
        self._unwanted_is_through()
        super().on_message_complete()

    def shutdown(self) -> None:
        """The server ends: what comes within a second is still answered, with the word that it is the last answer.

        An answer that has begun cannot say so any more; the connection stays for as long after its end.
        """
        self._is_ending = True
        self.timeout_keep_alive = LAST_REQUEST_SECONDS
        if self._is_answering and not self.cycle.response_started:
            self.cycle.keep_alive = False
        self.loop.call_later(LAST_REQUEST_SECONDS, self._close_if_idle)

    def pause_writing(self) -> None:
        """The browser does not read: leave it if it does not for long."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(UNREAD_SECONDS_MAX, self.transport.abort)

    def resume_writing(self) -> None:
        """It reads again."""
        self._is_read()
        super().resume_writing()

    @property
    def _is_answering(self) -> bool:
        # Before the first request there is none, whatever uvicorn's annotation says.
        return bool(self.cycle) and not self.cycle.response_complete

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else "unknown"

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse("http")

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Go on with the request as if no upgrade had been offered, as RFC 9110, 7.8 allows (F45: Java offers h2c).

        The parser stops at an upgrade; another one takes over, and is told by a head of our own how the body is framed.
        """
        resumed = ResumedRequest(self)
        self.parser = httptools.HttpRequestParser(resumed)
        framing = b"".join(name + b": " + value + b"\r\n" for name, value in self.headers if name in FRAMING)
        self._parse(b"POST / HTTP/1.1\r\n" + framing + b"\r\n")
        resumed.head_is_through = True
        if rest and not self.transport.is_closing():
            self._parse(rest)

    def _close_if_idle(self) -> None:
        if self.activity is Activity.IDLE and not self.transport.is_closing():
            self.transport.close()

    def _expect_head(self) -> None:
        self._head_bytes = 0
        self._head = self.loop.call_later(HEAD_SECONDS_MAX, self._head_is_late)

    def _head_is_here(self) -> None:
        self._head_bytes = 0
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


class ResumedRequest:
    """Passes a parser's words on to a connection, except for those about a head that the connection knows already."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.head_is_through = False

    def on_message_begin(self) -> None:
        """Another request begins."""
        if self.head_is_through:
            self._connection.on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A part of its address."""
        if self.head_is_through:
            self._connection.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field."""
        if self.head_is_through:
            self._connection.on_header(name, value)

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        if self.head_is_through:
            self._connection.on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of its body."""
        self._connection.on_body(body)

    def on_message_complete(self) -> None:
        """Its body is through."""
        self._connection.on_message_complete()


def refusal_bytes(reason: str) -> bytes:
    """A whole answer to something that is no request."""
    response = response_of(Refusal(ErrorKind.MALFORMED, reason), Language.SWEDISH, new_id())
    fields = [*response.all_fields(), CLOSE, (b"x-content-type-options", b"nosniff")]
    head = b"".join(name + b": " + value + b"\r\n" for name, value in fields)
    return STATUS_LINE[response.status] + head + b"\r\n" + response.body


async def busy(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one connection too many."""
    request = HttpRequest(scope, receive)
    response = response_of(
        Refusal(ErrorKind.UNAVAILABLE, "busy", retry_after_seconds=2), request.language, request.instance
    )
    response.fields.append(CLOSE)
    await response(scope, receive, send)
