"""The auth service as its own process, with a real bus, a real database and a mailbox."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from contracts.auth import AUTHENTICATE, LOGIN, REGISTER, VERIFY_EMAIL, Me, Session
from contracts.messages import Done
from tests.integration.emulators.running import Running, start
from tests.support.nats import NatsServer
from tests.support.running_service import BusClient, RunningService, cookie_of

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
