"""A service's life: settings, telemetry, inventory, database, bus, endpoints, ready, drain, in one order for all."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import Engine
from sqlmodel import SQLModel

import contracts
from chassis.bus import Answer, Bus, DurableConsumer, MediaType
from chassis.bus.consumers import publish_durably
from chassis.clock import Clock
from chassis.database import Database, DatabaseClosed
from chassis.health import HealthDoor, SelfCheck, watch_event_loop
from chassis.holder import ExternalHolder, PersonalDataHolder, StillHeld
from chassis.holder.bus_ledger import BusLedger
from chassis.holder.fulfilment import Before
from chassis.holder.recipients import Recipient, worker_of
from chassis.holder.replay import Ledger, LedgerSource
from chassis.inventory import Inventory
from chassis.opening import open_database
from chassis.outbox import OutboxRelay
from chassis.process import run_process
from chassis.retention import Retention
from chassis.sealing import SUBJECT_KEYS
from chassis.sealing.configured import configured_sealing
from chassis.sealing.destruction import KeyDestruction
from chassis.settings import Settings
from chassis.tables import StandardTables
from chassis.tasks import end_all
from chassis.telemetry import Log
from chassis.worker import Worker
from contracts.derive.streams import durable_name
from contracts.dsar import CLAIM, ERASURE_REQUESTED, Claim, ClaimRequest, ErasureRequested
from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from contracts.fulfilment import (
    FULFIL,
    HOLDER_READY,
    Command,
    CommandKind,
    Fulfil,
    Fulfilled,
    HolderAnswer,
    HolderReady,
)
from contracts.holder import EXPORT, HEALTH, ExportPage, ExportRequest, Health
from contracts.messages import Empty
from contracts.table import Account, AnyCall, AnyEvent, Call, Event, Stream

RequestModel = TypeVar("RequestModel", bound=BaseModel)
ReplyModel = TypeVar("ReplyModel", bound=BaseModel)
Claimer = Callable[[str, str], Awaitable[Claim]]
Background = Callable[[], Coroutine[Any, Any, None]]

UNSUBSCRIBE_SECONDS = 5.0
CLOSE_SECONDS = 8.0

PUBLISHED_INVENTORIES = Path(contracts.__file__).parent / "schemas" / "holders.json"

log = Log("lifecycle")


class Service:
    """One service: what it answers, hears, consumes and runs beside; `app.build` fills it, `run` lives it.

    `content` opens the second connection, to the account for message text. `claim` replaces asking dsar whom
    an erasure concerns (dsar asks itself).
    """

    _is_replaying = False

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        base: type[SQLModel],
        tables: StandardTables,
        inventory: Inventory,
        migrations: Path,
    ) -> None:
        self.name = name
        self.settings = settings
        self.clock = Clock(settings.clock_offset_seconds)
        self.sealing = configured_sealing(name, settings, tables.subject_key)
        self.database = Database(settings.database_url.get_secret_value(), self.clock, self._prepare_engine)
        self.bus = Bus(name, self.clock)
        self.content_bus: Bus | None = None
        self.tables = tables
        self.inventory = inventory
        self.relay = OutboxRelay(self.database, tables, self._publish, self.clock)
        self.claim: Claimer = self._ask_dsar
        self.ready = False
        self._metadata = base.metadata
        self._migrations = migrations
        self._content_seed = ""
        self._externals: dict[str, Recipient] = {}
        self._before: dict[CommandKind, Before] = {}
        self._holder: PersonalDataHolder | None = None
        self._starting: list[Callable[[], Awaitable[None]]] = []
        self._subscribing: list[Callable[[], Awaitable[None]]] = []
        self._subscribing_early: list[Callable[[], Awaitable[None]]] = []
        self._ledger = LedgerSource(BusLedger(self.bus))
        self._draining: list[Callable[[], Awaitable[None]]] = []
        self._backgrounds: dict[str, Background] = {"outbox": self.relay.run, "event loop": watch_event_loop}
        self._closing: list[Callable[[], Awaitable[None]]] = []
        self._stop = asyncio.Event()
        self._doors: set[asyncio.Task[None]] = set()
        self._self_check = SelfCheck(self.database, tables.lease, self.relay)
        self._is_open = False
        self._answer_early(HEALTH[name], self._health)

    def use_content(self, seed: str) -> Bus:
        """Open the second connection as well; returns its bus."""
        self._content_seed = seed
        self.content_bus = Bus(self.name, self.clock, Account.CONTENT)
        return self.content_bus

    def answer(
        self,
        call: Call[RequestModel, ReplyModel],
        handler: Callable[[RequestModel, Caller], Awaitable[ReplyModel | Answer]],
    ) -> None:
        """Serve a call that this service owns."""
        self._subscribing.append(lambda: self._bus_of(call).serve(call, handler))

    def _answer_early(
        self,
        call: Call[RequestModel, ReplyModel],
        handler: Callable[[RequestModel, Caller], Awaitable[ReplyModel | Answer]],
    ) -> None:
        """Serve a call that must be answered while the ledger is being replayed."""
        self._subscribing_early.append(lambda: self._bus_of(call).serve(call, handler))

    def replay_own(self, ledger: Ledger, before: Callable[[], Awaitable[None]]) -> None:
        """For dsar: replay from the ledger itself, once `before` has brought it to its head; nobody else tells it."""
        self._ledger = LedgerSource(ledger, before, open_waited_seconds=0.0)

    def stream(
        self,
        stream: Stream[RequestModel, BaseModel],
        handler: Callable[[RequestModel, Caller], AsyncIterator[bytes | MediaType]],
    ) -> None:
        """Serve a streamed call that this service owns."""
        self._subscribing.append(lambda: self._bus_of(stream).serve_stream(stream, handler))

    def hear(self, event: Event[RequestModel], handler: Callable[[RequestModel], Awaitable[None]]) -> None:
        """Hear a signal."""
        self._subscribing.append(lambda: self.bus.listen(event, handler))

    def consume(self, event: AnyEvent, consumer: str, handler: Callable[..., Awaitable[None]]) -> None:
        """Consume a durable event. Named by its durable: one consumer may read two events (dsar is a holder, too)."""
        self.background(
            f"consumer {durable_name(event, consumer)}", DurableConsumer(self.bus, event, consumer, handler).run
        )

    def background(self, name: str, run: Background) -> None:
        """Run something beside the endpoints for as long as the service lives; if it ends, so does the service."""
        if name in self._backgrounds:
            raise ValueError(f"{name} runs already")
        self._backgrounds[name] = run

    def at_start(self, step: Callable[[], Awaitable[None]]) -> None:
        """Do something once database and bus are up, before the first request can reach the service."""
        self._starting.append(step)

    def at_drain(self, step: Callable[[], Awaitable[None]]) -> None:
        """Take no more work from a door of one's own, and finish what is under way, while the bus still works."""
        self._draining.append(step)

    def at_close(self, step: Callable[[], Awaitable[None]]) -> None:
        """Close a tool when the service ends: nothing is at work any more; bus and database are still open."""
        self._closing.append(step)

    def before(self, kind: CommandKind, step: Before) -> None:
        """Do something in the transaction of each command of a kind, ahead of what the inventory says."""
        self._before[kind] = step

    def external(
        self,
        holder: ExternalHolder,
        *,
        refusals: tuple[type[Exception], ...] = (),
        outages: tuple[type[Exception], ...] = (),
    ) -> None:
        """Answer for a store outside the database (a recipient) as well; `refusals` and `outages` as of `OneByOne`."""
        self._externals[holder.store.holder] = Recipient(holder, refusals, outages)

    async def fulfil(self, commands: Sequence[Command]) -> list[HolderAnswer]:
        """Carry out commands in this service, as `PersonalDataHolder.fulfil` does; dsar so does its own part.

        Raises:
            DatabaseClosed: the service has not opened its database yet.
        """
        if self._holder is None:
            raise DatabaseClosed("the service is starting")
        return await self._holder.fulfil(commands)

    def run(self) -> None:
        """Live until SIGTERM or SIGINT; a failure ends the process with status 1, to be started again."""
        run_process(self.name, self.settings, self.live)

    def stop(self) -> None:
        """Drain and end."""
        self._stop.set()

    async def live(self) -> int:
        """Live until `stop`; the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        self.inventory.check()
        self.inventory.check_published(json.loads(PUBLISHED_INVENTORIES.read_bytes())["inventories"])
        stopping = asyncio.create_task(self._stop.wait())
        try:
            if not await self._opened(stopping):
                return 0
        finally:
            if not self._is_open:
                await self._close(set())
        tasks: set[asyncio.Task[Any]] = {
            asyncio.create_task(run(), name=name) for name, run in self._backgrounds.items()
        }
        tasks |= {asyncio.create_task(bus.broken.wait(), name=f"bus {bus.account.value}") for bus in self._buses()}
        self.ready = True
        log.info("ready")
        await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        failed = [task for task in tasks if task.done()]
        for task in failed:
            log.failure("background ended", error=None if task.cancelled() else task.exception(), stage=task.get_name())
        self.ready = False
        await self._close(tasks)
        return 1 if failed else 0

    async def _opened(self, stopping: asyncio.Task[Any]) -> bool:
        """Open everything, unless told to stop meanwhile: database and bus may keep us waiting for long."""
        opening = asyncio.create_task(self._open())
        await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not opening.done():
            await end_all({opening})
            return False
        await opening
        self._is_open = True
        return True

    async def _open(self) -> None:
        """Wait for database and bus, do the first steps, and only then be found by requests."""
        if self.settings.health_port:
            self._doors.add(asyncio.create_task(HealthDoor(self.settings.health_port, self.failing).run()))
        await open_database(self.database, self._migrations, self._metadata, self.inventory, self.sealing)
        self._hold_personal_data()
        if self.name in FULFIL:
            self._answer_commands()
        settings = self.settings
        log.info("waiting for the bus")
        events_seed = settings.nats_events_seed.get_secret_value()
        await self.bus.open(settings.nats_servers, settings.nats_seed.get_secret_value(), events_seed)
        if self.content_bus is not None:
            await self.content_bus.open(settings.nats_servers, self._content_seed)
        await self._subscribe(self._subscribing_early)
        await self._replay()
        for step in self._starting:
            await step()
        await self._subscribe(self._subscribing)
        await self._say_ready()

    async def _subscribe(self, steps: Sequence[Callable[[], Awaitable[None]]]) -> None:
        for step in steps:
            await step()
        for bus in self._buses():
            await bus.serving()

    async def _replay(self) -> None:
        """Serve nobody before the database was told what it must have forgotten, if it was put back from a copy."""
        if self._holder is None:
            return
        self._is_replaying = True
        await self._say_ready()  # what is open dsar tells by itself
        await self._holder.replay_from(self._ledger).run()
        self._is_replaying = False

    def _prepare_engine(self, engine: Engine) -> None:
        if self.sealing is not None:
            self.sealing.attach(engine)

    def _hold_personal_data(self) -> None:
        holder = PersonalDataHolder(
            service=self.name,
            database=self.database,
            inventory=self.inventory,
            tables=self.tables,
            clock=self.clock,
            receipt_seed=self.settings.receipt_seed.get_secret_value(),
            claim=self._claimed,
            relay=self.relay,
            externals={name: external.holder for name, external in self._externals.items()},
            before=self._before,
        )
        self._holder = holder

        async def export(request: ExportRequest, caller: Caller) -> ExportPage:  # noqa: ARG001 — a handler's shape
            return await holder.export(request)

        self.answer(EXPORT[self.name], export)
        for part in self.inventory.holders():
            self.consume(ERASURE_REQUESTED, part.holder, _erasing(holder, part.holder))
        for name, external in self._externals.items():
            owed = holder.recipients[name]
            owed.on_receipt = (self._say_ready,)
            step = owed.step(refusals=external.refusals, outages=external.outages)
            self.background(worker_of(name), Worker(worker_of(name), step, database=self.database).run)
        retention = Retention(self.database, self.inventory, self.tables, self.clock)
        self.background("retention", retention.run)
        if self.sealing is not None:
            self.background(SUBJECT_KEYS, KeyDestruction(self.database, self.sealing).run)

    def _answer_commands(self) -> None:
        async def fulfil(request: Fulfil, caller: Caller) -> Fulfilled:  # noqa: ARG001 — a handler's shape
            return Fulfilled(answers=await self.fulfil(request.commands))

        self._answer_early(FULFIL[self.name], fulfil)

    async def _say_ready(self) -> None:
        """Have dsar ask again for receipts; whoever misses it asks again by itself, only later."""
        if self.name in HOLDER_READY:
            with contextlib.suppress(Refusal):
                await self.bus.signal(HOLDER_READY[self.name], HolderReady(service=self.name))

    async def _close(self, tasks: set[asyncio.Task[Any]]) -> None:
        """Be found by no more requests, finish those under way, and close what they needed after that."""
        drain = self.settings.drain_seconds
        if self._is_open:
            await self._attempt(*(bus.unsubscribe() for bus in self._buses()), seconds=UNSUBSCRIBE_SECONDS)
            steps = (step() for step in self._draining)
            await self._attempt(*steps, *(bus.drain(drain) for bus in self._buses()), seconds=drain + CLOSE_SECONDS)
            await self._attempt(*(bus.stop_listening() for bus in self._buses()), seconds=UNSUBSCRIBE_SECONDS)
        await end_all(tasks)
        for step in self._closing:
            await self._attempt(step(), seconds=CLOSE_SECONDS)
        await self._attempt(*(bus.close() for bus in self._buses()), seconds=CLOSE_SECONDS)
        await self._attempt(self.database.close(), seconds=CLOSE_SECONDS)
        await end_all(self._doors)
        log.info("closed")

    async def _attempt(self, *closing: Awaitable[None], seconds: float) -> None:
        """Do what can be done: one thing that does not close must not keep the others from it."""
        bounded = (asyncio.wait_for(one, seconds) for one in closing)
        for outcome in await asyncio.gather(*bounded, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.warning("not closed in order", error=outcome)

    def _buses(self) -> tuple[Bus, ...]:
        return (self.bus,) if self.content_bus is None else (self.bus, self.content_bus)

    def _bus_of(self, call: AnyCall) -> Bus:
        if call.account is Account.CONTENT and self.content_bus is not None:
            return self.content_bus
        return self.bus

    async def _claimed(self, erasure_id: str, holder: str) -> Claim:
        return await self.claim(erasure_id, holder)

    async def _ask_dsar(self, erasure_id: str, holder: str) -> Claim:
        return await self.bus.call(CLAIM, ClaimRequest(erasure_id=erasure_id, holder=holder))

    async def _publish(self, subject: str, payload: bytes, message_id: str) -> None:
        await publish_durably(self.bus, subject, payload, message_id)

    async def failing(self) -> list[str]:
        """What keeps this service from working now: `starting`, `replaying erasures`, `bus …`, `database`, `outbox`."""
        failing = [] if self.ready else ["replaying erasures"] if self._is_replaying else ["starting"]
        failing += [f"bus {bus.account.value}" for bus in self._buses() if not bus.connected]
        return failing + await self._self_check.failing()

    async def _health(self, request: Empty, caller: Caller) -> Health:  # noqa: ARG002 — a handler's shape
        failing = await self.failing()
        return Health(ready=not failing, failing=failing)


def _erasing(holder: PersonalDataHolder, name: str) -> Callable[[ErasureRequested], Awaitable[None]]:
    async def erase(event: ErasureRequested) -> None:
        try:
            await holder.erase(name, event.erasure_id)
        except StillHeld:
            # Expected of recipients, who take their time: asked again until nothing is left.
            raise Refusal(ErrorKind.UNAVAILABLE, "still-held") from None

    return erase
