"""The auth service as its own process, with a real bus, a real database and a mailbox."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from chassis.database import Database
from contracts.auth import AUTHENTICATE, LOGIN, REGISTER, VERIFY_EMAIL, Me, Session
from contracts.messages import Done
from tests.integration.auth.stores import Stores, opened, sql_stores
from tests.integration.emulators.running import Running, start
from tests.support.nats import NatsServer
from tests.support.postgres import PostgresServer, postgres
from tests.support.running_service import BusClient, RunningService, cookie_of
from tests.unit.auth.fakes import FakeStore

__all__ = ["AuthWorld", "postgres"]

MAIL_SECONDS_MAX = 10
PASSWORD = "sju små grodor hoppar"

_numbers = itertools.count(1)


@dataclass
class AuthWorld:
    """The service, the gateway's voice, and what the post brought."""

    service: RunningService
    gateway: BusClient
    post: Running

    async def letters_to(self, email: str, count: int = 1) -> list[dict[str, Any]]:
        """The letters to an address, once there are so many."""
        async with asyncio.timeout(MAIL_SECONDS_MAX):
            while len(found := [one for one in self.post.get("/messages") if one["to"] == email.lower()]) < count:
                await asyncio.sleep(0.03)
        return found

    async def mailed_secret(self, email: str, count: int = 1) -> str:
        letter = (await self.letters_to(email, count))[-1]
        found = re.search(r"#token=([A-Za-z0-9_-]+)", letter["text"])
        assert found is not None
        return found[1]

    async def register(self, email: str, password: str = PASSWORD, name: str = "Anna Alm") -> None:
        body = {"email": email, "password": password, "name": name}
        await self.gateway.get(REGISTER, Done, body)

    async def an_account(self, email: str, password: str = PASSWORD, name: str = "Anna Alm") -> str:
        before = len([one for one in self.post.get("/messages") if one["to"] == email.lower()])
        await self.register(email, password, name)
        await self.gateway.get(VERIFY_EMAIL, Done, {"token": await self.mailed_secret(email, before + 1)})
        _, me = await self.log_in(email, password)
        return me.account_id

    async def log_in(self, email: str, password: str = PASSWORD) -> tuple[str, Me]:
        """The cookie's secret, and the account."""
        answer = await self.gateway.ask(LOGIN, {"email": email, "password": password})
        cookie = cookie_of(answer)
        assert cookie is not None
        assert cookie.value is not None
        return cookie.value, Me.model_validate_json(answer.body)

    async def session_of(self, secret: str) -> Session:
        return await self.gateway.get(AUTHENTICATE, Session, {"secret": secret})


@pytest.fixture
def email() -> str:
    """An address of one's own: the tests of a file share one service."""
    return f"anna.alm.{next(_numbers)}@skola.example"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nats(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[NatsServer]:
    async with NatsServer(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(nats: NatsServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AuthWorld]:
    folder = tmp_path_factory.mktemp("auth")
    post = start("smtp", folder)
    settings = {
        "smtp_host": "127.0.0.1",
        "smtp_port": str(post.ports["smtp"]),
        "smtp_sender": "no-reply@larabot.example",
    }
    try:
        service = RunningService("auth", nats, folder, **settings)
        async with service, BusClient("gateway", nats, service.clock) as gateway:
            yield AuthWorld(service, gateway, post)
    finally:
        post.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    return await url_of(request, tmp_path)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database of the service."""
    async with opened(database_url) as database:
        yield database


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    """Each of the three in turn."""
    if request.param == "fake":
        fake = FakeStore()
        yield Stores(fake, fake)
        return
    async with opened(await url_of(request, tmp_path)) as database:
        yield sql_stores(database)


async def url_of(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        return await server.fresh_database()
    return f"sqlite:///{folder}/auth.db"
