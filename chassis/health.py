"""A small HTTP door for probes (Kubernetes, compose): GET /healthz and /readyz, nothing else, no headers read."""

import asyncio
import json
from collections.abc import Callable

from chassis.telemetry import Log

REQUEST_SECONDS = 2.0
LINE_BYTES_MAX = 1024
LOOK_SECONDS = 1.0
LATE_SECONDS = 0.5

log = Log("health")


class HealthDoor:
    """Listens on its own port; `failing` names what keeps the service from working."""

    def __init__(self, port: int, failing: Callable[[], list[str]]) -> None:
        self._port = port
        self._failing = failing

    async def run(self) -> None:
        """Serve until cancelled."""
        server = await asyncio.start_server(self._answer, host=None, port=self._port, limit=LINE_BYTES_MAX)
        async with server:
            await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                line = await reader.readline()
            status, body = self._respond(line.split(b" ")[1] if line.startswith(b"GET ") else b"")
            content = json.dumps(body).encode()
            head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
            writer.write(head.encode() + b"Connection: close\r\n\r\n" + content)
            await writer.drain()
        except (TimeoutError, ValueError, ConnectionError):
            return  # a probe that does not speak HTTP gets no answer
        finally:
            writer.close()

    def _respond(self, path: bytes) -> tuple[str, dict[str, object]]:
        if path == b"/healthz":
            return "200 OK", {"alive": True}
        if path == b"/readyz":
            failing = self._failing()
            return ("503 Service Unavailable" if failing else "200 OK"), {"ready": not failing, "failing": failing}
        return "404 Not Found", {}


async def watch_event_loop(look_seconds: float = LOOK_SECONDS, late_seconds: float = LATE_SECONDS) -> None:
    """Say so when the process could not react: something blocked it, or the machine was too busy to run it."""
    time = asyncio.get_running_loop().time
    while True:
        due = time() + look_seconds
        await asyncio.sleep(look_seconds)
        if time() - due > late_seconds:
            log.warning("event loop was held up", seconds=round(time() - due, 1))
