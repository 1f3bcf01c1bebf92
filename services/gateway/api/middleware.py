"""What surrounds every request: security headers, the visit data, and the last resort."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.plain_page import STYLE_SOURCE
from chassis.telemetry import Log
from contracts.errors import ErrorKind, Refusal
from services.gateway.adapters.visits import Visits
from services.gateway.api.http_request import OURS, HttpRequest
from services.gateway.api.problems import response_of
from services.gateway.api.streaming import BrokenDownload
from services.gateway.domain import visit_of

A_YEAR_SECONDS = 365 * 24 * 3600
LEFT_EARLY = 499  # as web servers note a browser that left before it had an answer

log = Log("http")


def security_headers(scheme: str, speech_origins: str) -> list[tuple[bytes, bytes]]:
    """The headers of every answer. The page may connect to ourselves and to Azure Speech, nothing else.

    Published over https, the host is never asked without it again (RFC 6797); on a local machine there is none.
    """
    policy = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' {STYLE_SOURCE}",
            "img-src 'self' data:",
            "font-src 'self'",
            f"connect-src 'self' {speech_origins}".rstrip(),
            "worker-src 'self' blob:",
            "media-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            # The page never writes HTML; its one policy lets the Speech SDK start a worker of its own.
            "require-trusted-types-for 'script'",
            "trusted-types default",
        )
    )
    fields = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), interest-cohort=()",
    }
    if scheme == "https":
        fields["Strict-Transport-Security"] = f"max-age={A_YEAR_SECONDS}"
    return [(name.lower().encode(), value.encode()) for name, value in fields.items()]


class Middleware:
    """Outermost ASGI layer."""

    def __init__(self, app: ASGIApp, visits: Visits, scheme: str, speech_origins: str) -> None:
        self._app = app
        self._visits = visits
        self._headers = security_headers(scheme, speech_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; websockets are refused, since nothing here speaks them."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        request = scope[OURS] = HttpRequest(scope, receive)
        answer = _Answer(send, self._headers, is_head=request.method == "HEAD")
        try:
            await self._serve(request, receive, answer)
        finally:
            status = answer.status or LEFT_EARLY
            visit = visit_of(request.address, request.route, request.method, status, answer.size_bytes, request.headers)
            self._visits.record(visit)

    async def _serve(self, request: HttpRequest, receive: Receive, answer: "_Answer") -> None:
        try:
            await self._app(request.scope, receive, answer.send)
        except BrokenDownload:
            raise
        except asyncio.CancelledError:
            # The server ends and has waited long enough; without this, uvicorn would send a bare text.
            if not answer.status:
                await _refuse(ErrorKind.UNAVAILABLE, request, answer)
            raise
        except Exception as error:
            # The last resort: a bug becomes a problem document, never a stack trace.
            log.failure("request failed", error=error, method=request.method)
            if answer.is_whole:
                return
            if answer.status:
                raise
            await _refuse(ErrorKind.INTERNAL, request, answer)


async def _refuse(kind: ErrorKind, request: HttpRequest, answer: "_Answer") -> None:
    response = response_of(Refusal(kind), request.language, request.instance)
    await answer.send({"type": "http.response.start", "status": response.status, "headers": response.all_fields()})
    await answer.send({"type": "http.response.body", "body": response.body})


class _Answer:
    """Adds the headers and counts what goes out."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]], *, is_head: bool) -> None:
        self._send = send
        self._headers = headers
        self._is_head = is_head
        self.status = 0
        self.size_bytes = 0
        self.is_whole = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", []), *self._headers]
        elif message["type"] == "http.response.body":
            self.size_bytes += 0 if self._is_head else len(message.get("body", b""))
            self.is_whole = not message.get("more_body", False)
        await self._send(message)
