"""A whole answer as bytes: built once, sent as the two messages of ASGI."""

from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

Fields = list[tuple[bytes, bytes]]

NO_STORE = (b"cache-control", b"no-store")
JSON = (b"content-type", b"application/json")
# RFC 9110, 8.6: an answer of these kinds has no Content-Length.
NO_CONTENT = 204


def cached(seconds: int) -> tuple[bytes, bytes]:
    """The field by which anybody may keep an answer for so long (RFC 9111, 5.2.2)."""
    return (b"cache-control", f"public, max-age={seconds}".encode())


@dataclass(slots=True)
class HttpResponse:
    """Status, header fields (names in lower case) and body; an ASGI application, so that any route may return it."""

    status: int
    fields: Fields = field(default_factory=list)
    body: bytes = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 — ASGI's shape
        """Send it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.all_fields()})
        await send({"type": "http.response.body", "body": self.body})

    def all_fields(self) -> Fields:
        """The header fields with the body's length."""
        if self.status == NO_CONTENT:
            return self.fields
        return [*self.fields, (b"content-length", str(len(self.body)).encode())]
