"""One request, read once: what every route asks of its head, and its bounded body."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import parse_qsl

from starlette.requests import Request, cookie_parser
from starlette.types import Receive, Scope

from contracts.envelope import Language
from contracts.errors import ErrorKind, Refusal
from contracts.identifiers import new_id
from services.gateway.api.language import language_of

BODY_BYTES_MAX = 200 * 1024
BODY_SECONDS_MAX = 15.0
PARAMETERS_MAX = 16
OURS = "larabot.request"
NO_ROUTE = "-"


class Client(Protocol):
    """The connection that a request came by."""

    @property
    def body_is_here(self) -> bool:
        """Whether the whole body has arrived: nothing of it needs to be waited for."""

    def on_left(self, callback: Callable[[], None] | None) -> None:
        """Call back once when the client is gone; None: nobody asks any more."""


class HttpRequest:
    """A request's head, parsed where it is asked for and never twice; `route` is the template that serves it."""

    __slots__ = ("_cookies", "_instance", "_language", "_query", "_receive", "headers", "method", "parameters",
                 "path", "route", "scope")  # fmt: skip

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self._receive = receive
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers = headers_of(scope["headers"])
        self.route = NO_ROUTE
        self.parameters: Mapping[str, str] = {}
        self._cookies: dict[str, str] | None = None
        self._query: list[tuple[str, str]] | None = None
        self._language: Language | None = None
        self._instance = ""

    @property
    def address(self) -> str:
        """The peer's address, as uvicorn states it (behind a trusted proxy: what that proxy says)."""
        client = self.scope["client"]
        return str(client[0]) if client else "unknown"

    @property
    def client(self) -> Client | None:
        """The connection, where the server names it."""
        return self.scope.get("larabot.connection")

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies, by name."""
        if self._cookies is None:
            self._cookies = cookie_parser(self.headers.get("cookie", ""))
        return self._cookies

    @property
    def query(self) -> list[tuple[str, str]]:
        """The parameters of the query.

        Raises:
            Refusal: INVALID, more than 16.
        """
        if self._query is None:
            self._query = _parsed_query(self.scope["query_string"])
        return self._query

    @property
    def language(self) -> Language:
        """The language to answer in."""
        if self._language is None:
            asked = dict(self.query).get("lang", "") if b"lang=" in self.scope["query_string"] else ""
            self._language = language_of(asked, self.headers.get("accept-language", ""))
        return self._language

    @property
    def instance(self) -> str:
        """The opaque id of this occurrence, for a problem document and the log."""
        if not self._instance:
            self._instance = new_id()
        return self._instance

    async def body(self) -> bytes:
        """Read the body.

        Raises:
            Refusal: over 200 KiB, slower than 15 s, broken off, or of another media type than JSON.
        """
        declared = self.headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > BODY_BYTES_MAX:
            raise Refusal(ErrorKind.TOO_LARGE, limit_bytes=BODY_BYTES_MAX)
        client = self.client
        body = await (self._read() if client is not None and client.body_is_here else self._read_in_time())
        if body and self._media_type != "application/json":
            raise Refusal(ErrorKind.UNSUPPORTED_MEDIA_TYPE)
        return body

    @property
    def _media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def _read_in_time(self) -> bytes:
        try:
            async with asyncio.timeout(BODY_SECONDS_MAX):
                return await self._read()
        except TimeoutError:
            raise Refusal(ErrorKind.MALFORMED, "body-too-slow") from None

    async def _read(self) -> bytes:
        body = b""
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Refusal(ErrorKind.MALFORMED, "body-broken-off")
            part: bytes = message.get("body", b"")
            body += part
            if len(body) > BODY_BYTES_MAX:
                raise Refusal(ErrorKind.TOO_LARGE, limit_bytes=BODY_BYTES_MAX)
            if not message.get("more_body", False):
                return body


def headers_of(fields: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header fields by lower-case name; those of one name are joined (RFC 9110, 5.3; cookies: RFC 9113, 8.2.3)."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in fields}
    if len(headers) < len(fields):
        for name in headers:
            values = [value.decode("latin-1") for given, value in fields if given.decode("latin-1") == name]
            headers[name] = ("; " if name == "cookie" else ", ").join(values)
    return headers


def request_of(request: Request) -> HttpRequest:
    """Our view of a request that came through the router."""
    ours: HttpRequest = request.scope[OURS]
    return ours


def _parsed_query(query: bytes) -> list[tuple[str, str]]:
    if not query:
        return []
    try:
        return parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=PARAMETERS_MAX)
    except ValueError:
        raise Refusal(ErrorKind.INVALID, "parameters") from None
