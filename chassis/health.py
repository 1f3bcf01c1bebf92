"""A small HTTP door for probes (Kubernetes, compose): GET /healthz and /readyz, nothing else, no headers read."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import Table

from chassis.database import DATABASE_FAILURES, Database
from chassis.lease import take_lease
from chassis.outbox import OutboxRelay
from chassis.telemetry import Log
from contracts.identifiers import new_id

REQUEST_SECONDS = 2.0
LINE_BYTES_MAX = 1024
LOOK_SECONDS = 5.0
LATE_SECONDS = 0.5
CHECK_SECONDS, CHECK_HOLDS_SECONDS = 1.5, 5.0
OUTBOX_BLOCKED_SECONDS = 30.0
SELF_CHECK = "self-check"
ALREADY_OVER = timedelta(minutes=-1)  # nobody's work is held up by it

log = Log("health")


class HealthDoor:
    """Listens on its own port; `failing` names what keeps the service from working."""

    def __init__(self, port: int, failing: Callable[[], Awaitable[list[str]]]) -> None:
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
            status, body = await self._respond(line.split(b" ")[1] if line.startswith(b"GET ") else b"")
            content = json.dumps(body).encode()
            head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
            writer.write(head.encode() + b"Connection: close\r\n\r\n" + content)
            await writer.drain()
        except (TimeoutError, ValueError, ConnectionError):
            return  # a probe that does not speak HTTP gets no answer
        finally:
            writer.close()

    async def _respond(self, path: bytes) -> tuple[str, dict[str, object]]:
        if path == b"/healthz":
            return "200 OK", {"alive": True}
        if path == b"/readyz":
            failing = await self._failing()
            return ("503 Service Unavailable" if failing else "200 OK"), {"ready": not failing, "failing": failing}
        return "404 Not Found", {}


class SelfCheck:
    """Whether a service can do what it is for: store something, and have its events published.

    Probes come often and from several sides, so an answer holds for `CHECK_HOLDS_SECONDS`.
    """

    def __init__(self, database: Database, lease: Table, relay: OutboxRelay) -> None:
        self._database = database
        self._lease = lease
        self._relay = relay
        self._instance = new_id()
        self._checked_at = float("-inf")
        self._is_writable = False
        self._checking = asyncio.Lock()

    async def failing(self) -> list[str]:
        """`database`: a row cannot be written now (away, full, read-only). `outbox`: no event leaves it, for long."""
        failing = [] if await self._writable() else ["database"]
        return failing + (["outbox"] if self._relay.blocked_seconds > OUTBOX_BLOCKED_SECONDS else [])

    async def _writable(self) -> bool:
        time = asyncio.get_running_loop().time
        async with self._checking:
            if time() - self._checked_at > CHECK_HOLDS_SECONDS:
                self._is_writable = await self._write()
                self._checked_at = time()
        return self._is_writable

    async def _write(self) -> bool:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._database.write(take_lease, self._lease, SELF_CHECK, self._instance, ALREADY_OVER)
        except DATABASE_FAILURES:
            return False
        return True


async def watch_event_loop(look_seconds: float = LOOK_SECONDS, late_seconds: float = LATE_SECONDS) -> None:
    """Say so when the process could not react: something blocked it, or the machine was too busy to run it.

    A sample: what is over before the next look stays unseen. Eight services that look every second keep a processor
    awake for longer than all else that they do when idle.
    """
    time = asyncio.get_running_loop().time
    while True:
        due = time() + look_seconds
        await asyncio.sleep(look_seconds)
        if time() - due > late_seconds:
            log.warning("event loop was held up", seconds=round(time() - due, 1))
