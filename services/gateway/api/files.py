"""Files of the web app: packed as the browser takes them, whole or in ranges."""

from mimetypes import guess_type
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from werkzeug.datastructures import Accept, Range
from werkzeug.http import parse_accept_header, parse_range_header

from contracts.errors import ErrorKind, Refusal
from services.gateway.api.http_request import OURS
from services.gateway.api.problems import response_of

PACKED = {"br": ".br", "gzip": ".gz"}
PLAIN = "identity"
ACCEPT_LENGTH_MAX = 500

# The first byte (counted from the end where it is negative) and the one after the last, if that is said.
Part = tuple[int, int | None]
# RFC 9110, 14.2: a server may ignore what asks for many small or overlapping parts.
RANGES_MAX = 8


def file_response(file: Path, scope: Scope, cache_control: str) -> ASGIApp:
    """A file, in the form that the browser likes best among those that the build left of it."""
    headers = {"Cache-Control": cache_control, "Vary": "Accept-Encoding"}
    media_type = guess_type(file.name)[0] or "application/octet-stream"
    forms = {
        encoding: packed
        for encoding, suffix in PACKED.items()
        if (packed := file.with_name(file.name + suffix)).is_file()
    }
    encoding = best_encoding(Headers(scope=scope).get("accept-encoding", ""), list(forms))
    if encoding != PLAIN:
        headers["Content-Encoding"] = encoding
    chosen = forms.get(encoding, file)
    return RangedFile(FileResponse(chosen, media_type=media_type, headers=headers), chosen.stat().st_size)


def best_encoding(accepted: str, offered: list[str]) -> str:
    """The best liked of the encodings on offer, smallest first; `identity` if none is taken (RFC 9110, 12.5.3)."""
    liked = parse_accept_header(accepted[:ACCEPT_LENGTH_MAX], Accept)
    # `identity` is taken unless it is refused by name or by a star; preferred only where its weight says so.
    plain = liked.quality(PLAIN) if liked.find(PLAIN) >= 0 else 0.0
    best = max(offered, key=liked.quality, default=PLAIN)
    return best if offered and liked.quality(best) > 0 and liked.quality(best) >= plain else PLAIN


class RangedFile:
    """A file of which a browser may ask for parts (RFC 9110, 14); a question that is not understood is ignored."""

    def __init__(self, response: FileResponse, size: int) -> None:
        self._response = response
        self._size = size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the whole, the parts that are asked for, or a problem document where all of them lie beyond the end."""
        headers = Headers(scope=scope)
        fields = [field for field in scope["headers"] if field[0] != b"range"]
        asked = understood_ranges(headers.get("range", "")) if scope["method"] == "GET" else []
        within = [part for part in asked if self._holds(part)]
        if asked and not within and "if-range" not in headers:
            request = scope[OURS]
            response = response_of(Refusal(ErrorKind.RANGE_NOT_SATISFIABLE), request.language, request.instance)
            response.fields.append((b"content-range", f"bytes */{self._size}".encode()))
            await response(scope, receive, send)
            return
        if within:
            fields.append((b"range", Range("bytes", within).to_header().encode()))
        await self._response({**scope, "headers": fields}, receive, send)

    def _holds(self, part: Part) -> bool:
        return part[0] < self._size and self._size > 0


def understood_ranges(asked: str) -> list[Part]:
    """The parts that a header Range asks for; none where its unit or grammar is not ours, or where it asks for many."""
    parsed = parse_range_header(asked)
    if parsed is None or parsed.units.lower() != "bytes" or len(parsed.ranges) > RANGES_MAX:
        return []
    return list(parsed.ranges)
