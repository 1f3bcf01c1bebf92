"""One service as its own process on a real bus and a real database, and callers in the roles of other services."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeVar

from pydantic import BaseModel

from chassis.bus import Answer, Bus
from chassis.bus.consumers import DurableConsumer, publish_durably
from chassis.clock import Clock
from chassis.tasks import end_all
from contracts.envelope import HEADER_COOKIE, Caller, CookieToSet, Envelope
from contracts.errors import ErrorKind, Refusal
from contracts.holder import HEALTH, SEALING_SERVICES
from contracts.identifiers import new_id
from contracts.messages import Empty
from contracts.table import AnyCall, AnyEvent
from ops.run import lifeline
from tests.support.empty_ledger import EmptyLedger
from tests.support.fork_server import ForkedProcess, fork_server
from tests.support.nats import NatsServer
from tests.support.nats_cluster import NatsCluster
from tests.support.sealing import keys_in, opened_with

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS_MAX = 30
STOP_SECONDS_MAX = 15

Reply = TypeVar("Reply", bound=BaseModel)


class SharedClock(Clock):
    """The clock of a service under test and its callers, which can be moved for all of them."""

    def move_to(self, offset_seconds: float) -> None:
        self._offset = timedelta(seconds=offset_seconds)

    @property
    def offset_seconds(self) -> float:
        return self._offset.total_seconds()


class BusClient:
    """Calls in the role of another service, on a person's behalf."""

    def __init__(self, role: str, server: NatsServer | NatsCluster, clock: Clock | None = None) -> None:
        self.role = role
        self.bus = Bus(role, clock or Clock())
        self._server = server

    async def __aenter__(self) -> Self:
        await self.bus.open(self._server.servers, self._server.seed(self.role), self._server.seed(self.role, "EVENTS"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.bus.close()

    async def tell(self, event: AnyEvent, message: BaseModel) -> None:
        """Publish one of this role's durable events."""
        await publish_durably(self.bus, event.subject, message.model_dump_json().encode(), new_id())

    @asynccontextmanager
    async def consuming(self, event: AnyEvent, handler: Callable[[Any], Awaitable[None]]) -> AsyncIterator[None]:
        """Handle a durable event in this role meanwhile."""
        consumer = asyncio.create_task(DurableConsumer(self.bus, event, self.role, handler).run())
        try:
            yield
        finally:
            await end_all({consumer})

    async def ask(self, call: AnyCall, body: Mapping[str, Any] | None = None, **caller: Any) -> Answer:
        """The raw answer; `caller` fills the envelope."""
        envelope = Envelope(caller=Caller(service=self.role, **caller))
        return await self.bus.request(call, envelope, as_json(body or {}))

    async def get(
        self, call: AnyCall, expected: type[Reply], body: Mapping[str, Any] | None = None, **caller: Any
    ) -> Reply:
        """The parsed answer."""
        return expected.model_validate_json((await self.ask(call, body, **caller)).body)

    async def refused(self, call: AnyCall, body: Mapping[str, Any] | None = None, **caller: Any) -> Refusal:
        """The refusal that must come."""
        try:
            await self.ask(call, body, **caller)
        except Refusal as refusal:
            return refusal
        raise AssertionError(f"{call.subject} was not refused")


class RunningService:
    """`python -m services.<name>`; keeps its database over `kill` and `restart`. `root` is where its code stands.

    It finds an empty ledger when it starts, unless `with_dsar` says that dsar runs beside it.
    """

    def __init__(self, name: str, server: NatsServer | NatsCluster, directory: Path, **settings: str) -> None:
        self.name = name
        self.server = server
        self.root = ROOT
        self.with_dsar = name == "dsar"
        self.database = directory / f"{name}.db"
        self.log = directory / f"{name}.log"
        self.clock = SharedClock()
        self._settings = settings
        self._process: asyncio.subprocess.Process | ForkedProcess | None = None

    async def __aenter__(self) -> Self:
        await self.restart()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def restart(self, clock_offset_seconds: float | None = None) -> None:
        """Start, or start again, on the same database; the clock may be moved."""
        await self.stop()
        if clock_offset_seconds is not None:
            self.clock.move_to(clock_offset_seconds)
        with self.log.open("ab") as log:
            self._process = await self._started(log)
        await self._until_ready()

    def change(self, **settings: str) -> None:
        """Settings that are others from the next start on."""
        self._settings |= settings

    async def _started(self, log: BinaryIO) -> "asyncio.subprocess.Process | ForkedProcess":
        """Forked as by the launcher; executed where the system cannot, or where other code than ours is to run."""
        module = f"services.{self.name}"
        if sys.platform == "linux" and self.root == ROOT:
            server = fork_server()  # here: it ends with the thread that starts it (PR_SET_PDEATHSIG)
            return await asyncio.to_thread(server.start, module, self._environment(), log.fileno())
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", lifeline.__file__, str(os.getpid())),
            *(sys.executable, "-m", module),
            cwd=self.root,
            env=self._environment(),
            stdout=log,
            stderr=log,
        )

    async def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None

    async def stop(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS_MAX):
                await process.wait()
        except TimeoutError:
            process.send_signal(signal.SIGABRT)  # Python then writes where every thread is
            await process.wait()
            raise AssertionError(f"{self.name} did not end:\n{self.log.read_text()}") from None

    def stored_bytes(self) -> bytes:
        """Every byte of the database's files, and of what the service logged."""
        files = [*self.database.parent.glob(f"{self.database.name}*"), self.log]
        return b"".join(path.read_bytes() for path in files)

    def opened_bytes(self) -> bytes:
        """What the sealed values among those bytes say to somebody who has all the installation's keys."""
        seal_key = self.server.keys.secret(f"seal-{self.name}")
        return opened_with(self.stored_bytes(), keys_in(self.database.with_suffix(".keys"), seal_key, self.name))

    async def _until_ready(self) -> None:
        ledger = nullcontext() if self.with_dsar else EmptyLedger(self.server, self.clock)
        async with asyncio.timeout(READY_SECONDS_MAX), ledger, BusClient("gateway", self.server, self.clock) as gateway:
            while not await self._is_ready(gateway):
                await asyncio.sleep(0.05)

    async def _is_ready(self, gateway: BusClient) -> bool:
        if self._process is None or self._process.returncode is not None:
            raise RuntimeError(f"{self.name} ended:\n{self.log.read_text()}")
        try:
            health = await gateway.bus.call(HEALTH[self.name], Empty())
        except Refusal as refusal:
            if refusal.kind in {ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT}:
                return False
            raise
        return bool(health.model_dump()["ready"])

    def _sealing(self) -> dict[str, str]:
        if self.name not in SEALING_SERVICES:
            return {}
        keys_file = self.database.with_suffix(".keys")
        return {"LARABOT_SEAL_KEY": self.server.keys.secret(f"seal-{self.name}"), "LARABOT_KEYS_FILE": str(keys_file)}

    def _environment(self) -> dict[str, str]:
        basics = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}  # noqa: TID251 — what a process needs to run at all
        return {
            **basics,
            "PYTHONFAULTHANDLER": "1",
            "LARABOT_NATS_URL": self.server.url,
            "LARABOT_NATS_SEED": self.server.seed(self.name),
            "LARABOT_NATS_EVENTS_SEED": self.server.seed(self.name, "EVENTS"),
            "LARABOT_DATABASE_URL": f"sqlite:///{self.database}",
            "LARABOT_RECEIPT_SEED": self.server.keys.secret(f"receipt-{self.name}"),
            "LARABOT_PUBLIC_URL": "http://localhost:8000",
            **self._sealing(),
            "LARABOT_DRAIN_SECONDS": "5",
            "LARABOT_CLOCK_OFFSET_SECONDS": str(self.clock.offset_seconds),
            **{f"LARABOT_{name.upper()}": value for name, value in self._settings.items()},
        }


def as_json(body: Mapping[str, Any]) -> bytes:
    return Passing.model_validate(body).model_dump_json().encode()


def cookie_of(answer: Answer) -> CookieToSet | None:
    """The cookie that an answer asks the gateway to set."""
    header = answer.headers.get(HEADER_COOKIE)
    return CookieToSet.model_validate_json(header) if header else None


class Passing(BaseModel, extra="allow"):
    """Any JSON object."""
