"""How a service begins and ends: waits, is found, finishes what is under way, and only then closes its tools."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chassis.bus import Bus
from chassis.lifecycle import Service
from contracts.consent import POLICY_TEXT, PolicyText, PolicyTextRequest
from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from services.consent.app import MIGRATIONS
from services.consent.inventory import INVENTORY
from services.consent.settings import ConsentSettings
from services.consent.tables import TABLES, Base
from tests.integration.chassis.test_bus import on_the_bus
from tests.support.nats import NatsServer
from tests.support.waiting import until

BURST = 50
Handler = Callable[[PolicyTextRequest, Caller], Awaitable[PolicyText]]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with NatsServer(tmp_path / "nats") as running:
        yield running


def replica(server: NatsServer, directory: Path, handler: Handler) -> Service:
    """A service named consent that answers one call, and has nothing else of consent's."""
    settings = ConsentSettings.model_validate(
        {
            "nats_url": server.url,
            "nats_seed": server.seed("consent"),
            "nats_events_seed": server.seed("consent", "EVENTS"),
            "database_url": f"sqlite:///{directory}/consent.db",
            "receipt_seed": "5a" * 32,
            "public_url": "http://localhost:8000",
            "evidence_key": "5a" * 32,
        }
    )
    service = Service("consent", settings, base=Base, tables=TABLES, inventory=INVENTORY, migrations=MIGRATIONS)
    service.answer(POLICY_TEXT, handler)
    return service


@asynccontextmanager
async def begun(service: Service) -> AsyncIterator[asyncio.Task[int]]:
    """The service on its way to be ready; it is ended whatever happens."""
    living = asyncio.create_task(service.live())
    try:
        yield living
    finally:
        service.stop()
        await living


@asynccontextmanager
async def alive(service: Service) -> AsyncIterator[asyncio.Task[int]]:
    async with begun(service) as living:
        await until(lambda: service.ready or living.done(), within_seconds=20)
        yield living


class Desk:
    """Answers with its name; holds the next answer back until it is let go."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.told: list[str] = []
        self.begun = asyncio.Event()
        self.released = asyncio.Event()
        self.released.set()

    async def answer(self, request: PolicyTextRequest, caller: Caller) -> PolicyText:
        self.begun.set()
        await self.released.wait()
        self.told.append("answered")
        return PolicyText(version="2026-01-01", lang="sv", markdown=self.name, hash="")

    async def close(self) -> None:
        self.told.append("closed")


async def asked(gateway: Bus) -> str:
    answer = await gateway.call(POLICY_TEXT, PolicyTextRequest(version="2026-01-01", lang="sv"))
    return answer.markdown


async def test_the_first_steps_are_done_before_a_request_can_come(server: NatsServer, tmp_path: Path) -> None:
    service = replica(server, tmp_path, Desk("a").answer)
    stepping, go_on = asyncio.Event(), asyncio.Event()

    async def step() -> None:
        stepping.set()
        await go_on.wait()

    service.at_start(step)
    async with on_the_bus(server, "gateway") as gateway, begun(service) as living:
        async with asyncio.timeout(20):
            await stepping.wait()
        with pytest.raises(Refusal) as caught:
            await asked(gateway)
        starting = await service.failing()
        go_on.set()
        assert caught.value.kind is ErrorKind.UNAVAILABLE
        assert "starting" in starting
        await until(lambda: service.ready, within_seconds=20)
        assert await asked(gateway) == "a"
        service.stop()
        assert await living == 0


async def test_told_to_end_while_it_starts_it_ends(server: NatsServer, tmp_path: Path) -> None:
    service = replica(server, tmp_path, Desk("a").answer)
    stepping = asyncio.Event()

    async def step() -> None:
        stepping.set()
        await asyncio.Event().wait()

    service.at_start(step)
    async with asyncio.timeout(20), begun(service) as living:
        await stepping.wait()
        service.stop()
        assert await living == 0


async def test_what_is_at_work_is_finished_before_its_tool_is_closed(server: NatsServer, tmp_path: Path) -> None:
    desk = Desk("a")
    service = replica(server, tmp_path, desk.answer)
    service.at_close(desk.close)
    async with on_the_bus(server, "gateway") as gateway, alive(service) as living:
        desk.released.clear()
        asking = asyncio.create_task(asked(gateway))
        async with asyncio.timeout(5):
            await desk.begun.wait()
        service.stop()
        await until(lambda: not service.ready)
        await until_nobody_serves(gateway)
        assert desk.told == []
        desk.released.set()
        assert await asking == "a"
        await living
    assert desk.told == ["answered", "closed"]


async def test_while_one_replica_drains_the_other_answers_all(server: NatsServer, tmp_path: Path) -> None:
    old, new = Desk("old"), Desk("new")
    leaving, staying = (replica(server, tmp_path, desk.answer) for desk in (old, new))
    async with on_the_bus(server, "gateway") as gateway, alive(leaving) as ended:
        old.released.clear()
        asking = asyncio.create_task(asked(gateway))
        async with asyncio.timeout(5):
            await old.begun.wait()
        async with alive(staying):
            leaving.stop()
            bursts = [asyncio.create_task(asked(gateway)) for _ in range(BURST)]
            await until(lambda: not leaving.ready)
            bursts += [asyncio.create_task(asked(gateway)) for _ in range(BURST)]
            while await asked_within(gateway, 0.2) != "new":
                pass
            assert [await asked(gateway) for _ in range(BURST)] == ["new"] * BURST
            old.released.set()
            assert await asking == "old"
            answers = await asyncio.gather(*bursts)
            assert set(answers) <= {"old", "new"}
            assert await ended == 0


async def asked_within(gateway: Bus, seconds: float) -> str:
    """Who answers; nobody, if the question lies with one who holds it back."""
    try:
        async with asyncio.timeout(seconds):
            return await asked(gateway)
    except TimeoutError:
        return ""


async def until_nobody_serves(gateway: Bus) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                async with asyncio.timeout(0.5):
                    await asked(gateway)
            except TimeoutError:
                continue  # it was taken up before the service unsubscribed
            except Refusal:
                return
