"""The service as its own process, on a real bus and database, with PostHog emulated."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.analytics import EVENTS
from contracts.consent import CHANGED, ConsentChanged, Purpose
from contracts.identifiers import new_id
from tests.integration.emulators.running import Running, start
from tests.support.nats import NatsServer
from tests.support.postgres import PostgresServer, postgres
from tests.support.running_service import BusClient, RunningService
from tests.support.waiting import until

__all__ = ["postgres"]

ENGINES = ["sqlite", "postgresql"]
KEY = {"Authorization": "Bearer phx_emulator"}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start("posthog", tmp_path_factory.mktemp("posthog"))
    yield running
    running.stop()


@pytest.fixture
def posthog(emulator: Running) -> Running:
    emulator.post("/__emu/reset")
    return emulator


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with NatsServer(tmp_path / "nats") as running:
        yield running


@pytest.fixture
async def engine(request: pytest.FixtureRequest) -> dict[str, str]:
    """SQLite, unless a test asks for PostgreSQL: `@pytest.mark.parametrize("engine", ENGINES, indirect=True)`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return {}
    running: PostgresServer = request.getfixturevalue("postgres")
    return {"database_url": await running.fresh_database()}


@pytest.fixture
async def service(
    server: NatsServer, engine: dict[str, str], posthog: Running, tmp_path: Path
) -> AsyncIterator[RunningService]:
    settings = {
        "posthog_host": posthog.url,
        "posthog_api_host": posthog.url,
        "posthog_project_token": "phc_emulator",
        "posthog_project_id": "1",
        "posthog_personal_api_key": "phx_emulator",
        "emulated": "true",
        **engine,
    }
    async with RunningService("analytics", server, tmp_path, **settings) as running:
        yield running


class Browser:
    """A browser whose visitor has consented to statistics."""

    def __init__(self, gateway: BusClient, consent: BusClient, posthog: Running) -> None:
        self.visitor_id = new_id()
        self._gateway = gateway
        self._consent = consent
        self._posthog = posthog

    async def report(self, event: str = "page_viewed", **properties: str) -> None:
        body = {"event": event, "properties": properties or {"page": "/tools"}}
        await self._gateway.ask(EVENTS, body, visitor_id=self.visitor_id)

    async def be_seen(self) -> str:
        """The pseudonym under which PostHog knows it."""
        seen = len(self.events())
        await self.report()
        return str((await until(lambda: self.events()[seen:]))[0]["distinct_id"])

    async def withdraw(self) -> None:
        change = ConsentChanged(visitor_id=self.visitor_id, withdrawn=[Purpose.ANALYTICS])
        await self._consent.bus.signal(CHANGED, change)

    async def consent_again(self) -> None:
        await self._consent.bus.signal(CHANGED, ConsentChanged(visitor_id=self.visitor_id))
        await self._consent.bus.serving()

    def events(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._posthog.get("/__emu/events")
        return found

    def known(self) -> list[str]:
        return [person["distinct_ids"][0] for person in self._posthog.get("/__emu/persons")]


@pytest.fixture
async def gateway(server: NatsServer, service: RunningService) -> AsyncIterator[BusClient]:
    async with BusClient("gateway", server, service.clock) as client:
        yield client


@pytest.fixture
async def consent(server: NatsServer, service: RunningService) -> AsyncIterator[BusClient]:
    async with BusClient("consent", server, service.clock) as client:
        yield client


@pytest.fixture
def browser(gateway: BusClient, consent: BusClient, posthog: Running) -> Browser:
    return Browser(gateway, consent, posthog)
