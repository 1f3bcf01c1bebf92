"""A service waits for its database, and says itself what keeps it from working."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis import health
from chassis.clock import Clock
from chassis.database import Database
from chassis.health import SelfCheck
from chassis.outbox import enqueue
from chassis.tasks import end_all
from ops.run.ports import any_port, release
from tests.support import http
from tests.support.nats import NatsServer
from tests.support.postgres import PostgresServer
from tests.support.running_service import RunningService
from tests.support.toy_service import TABLES, Toy
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def database_server() -> Iterator[PostgresServer]:
    """Of this test alone, which stops it."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with NatsServer(tmp_path / "nats") as running:
        yield running


@pytest.fixture
def port() -> Iterator[int]:
    port = any_port()
    yield port
    release(port)


async def consent(server: NatsServer, directory: Path, database: PostgresServer, port: int) -> RunningService:
    url = await database.fresh_database()
    settings = {"evidence_key": "5a" * 32, "database_url": url, "health_port": str(port)}
    return RunningService("consent", server, directory, **settings)


async def ready(port: int) -> dict[str, Any]:
    """What `/readyz` answers; empty while nobody listens."""
    try:
        async with http.async_client() as client:
            answer = await client.get(f"http://127.0.0.1:{port}/readyz")
    except httpx.TransportError:
        return {}
    found: dict[str, Any] = answer.json()
    assert answer.status_code == (200 if found["ready"] else 503)
    return found


async def until_failing(port: int, expected: list[str]) -> None:
    async with asyncio.timeout(30):
        while (await ready(port)).get("failing") != expected:
            await asyncio.sleep(0.1)


async def test_a_service_started_before_its_database_waits_for_it(
    server: NatsServer, tmp_path: Path, database_server: PostgresServer, port: int
) -> None:
    service = await consent(server, tmp_path, database_server, port)
    database_server.stop()
    starting = asyncio.create_task(service.restart())
    try:
        await until(lambda: service.log.exists() and "waiting for the database" in service.log.read_text(), 20)
        assert "starting" in (await ready(port))["failing"]
        assert not starting.done()
        await asyncio.to_thread(database_server.start)
        await starting
        await until_failing(port, [])
    finally:
        await end_all({starting})
        await service.stop()


async def test_readyz_names_a_database_that_cannot_be_written(
    server: NatsServer, tmp_path: Path, database_server: PostgresServer, port: int
) -> None:
    async with await consent(server, tmp_path, database_server, port):
        await until_failing(port, [])
        database_server.stop()
        await until_failing(port, ["database"])
        await asyncio.to_thread(database_server.start)
        await until_failing(port, [])


async def test_an_outbox_that_nothing_leaves_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "OUTBOX_BLOCKED_SECONDS", 0.0)
    database = Database(f"sqlite:///{tmp_path}/toy.db", Clock())
    await database.open()
    toy = Toy(database, Clock())
    await toy.create_tables()
    check = SelfCheck(database, TABLES.lease, toy.relay)
    assert await check.failing() == []
    toy.published.failures = 1
    await database.write(enqueue, TABLES, "newsletter.toy", b"{}", "message-1")
    relaying = asyncio.create_task(toy.relay.run())
    try:
        await until(lambda: toy.relay.blocked_seconds > 0)
        assert await check.failing() == ["outbox"]
        await until(lambda: toy.published.messages, within_seconds=15)
        await until(lambda: toy.relay.blocked_seconds == 0)
        assert await check.failing() == []
    finally:
        await end_all({relaying})
        await database.close()
