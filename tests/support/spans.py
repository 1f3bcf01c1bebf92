"""A collector of OpenTelemetry exports (OTLP over HTTP) that keeps the bytes it is sent."""

import asyncio
import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

POLL_SECONDS = 0.1
EXPORTED_WITHIN_SECONDS = 15


class SpanSink:
    """Listens on loopback for as long as it is entered."""

    def __init__(self) -> None:
        self._exports: list[bytes] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._door())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def exports(self) -> list[bytes]:
        """Every export so far, unpacked."""
        return list(self._exports)

    async def until_exported(self, words: bytes, *, after: int = 0) -> None:
        """Wait for an export that holds these words, among those after the given number of earlier ones."""
        async with asyncio.timeout(EXPORTED_WITHIN_SECONDS):
            while not any(words in export for export in self._exports[after:]):
                await asyncio.sleep(POLL_SECONDS)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _door(self) -> type[BaseHTTPRequestHandler]:
        exports = self._exports

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = "\n".join(f"{name}: {value}" for name, value in self.headers.items()).encode()
                packed = self.headers.get("content-encoding") == "gzip"
                exports.append(headers + b"\n\n" + (gzip.decompress(body) if packed else body))
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it
                pass

        return Door
