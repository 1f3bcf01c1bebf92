"""The service as its own process, on a real bus and database, with Brevo and a mail server emulated."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.newsletter import BREVO_CALLBACK, CONFIRM, SUBSCRIBE, UNSUBSCRIBE, SubscriptionState
from tests.integration.emulators.running import Running, start
from tests.support.nats import NatsServer
from tests.support.postgres import PostgresServer, postgres
from tests.support.running_service import BusClient, RunningService
from tests.support.waiting import until

__all__ = ["postgres"]

ENGINES = ["sqlite", "postgresql"]
WEBHOOK_TOKEN = "webhook-token-of-this-test"
LIST_ID = 1


@pytest.fixture(scope="module")
def emulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Running]]:
    folder = tmp_path_factory.mktemp("emulators")
    running = {name: start(name, folder) for name in ("brevo", "smtp")}
    yield running
    for one in running.values():
        one.stop()


@pytest.fixture
def brevo(emulators: dict[str, Running]) -> Running:
    emulators["brevo"].post("/__emu/reset")
    return emulators["brevo"]


@pytest.fixture
def smtp(emulators: dict[str, Running]) -> Running:
    emulators["smtp"].post("/__emu/reset")
    return emulators["smtp"]


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
    server: NatsServer, engine: dict[str, str], brevo: Running, smtp: Running, tmp_path: Path
) -> AsyncIterator[RunningService]:
    settings = {
        "brevo_base_url": f"{brevo.url}/v3",
        "brevo_api_key": "xkeysib-emulator",
        "brevo_list_id": str(LIST_ID),
        "brevo_webhook_token": WEBHOOK_TOKEN,
        "suppression_key": "5f" * 32,
        "smtp_host": "127.0.0.1",
        "smtp_port": str(smtp.ports["smtp"]),
        "smtp_sender": "no-reply@larabot.example",
        "emulated": "true",
        **engine,
    }
    async with RunningService("newsletter", server, tmp_path, **settings) as running:
        yield running


class Reader:
    """Somebody with a mailbox, and Brevo's view of it."""

    def __init__(self, address: str, gateway: BusClient, brevo: Running, smtp: Running) -> None:
        self.address = address
        self.gateway = gateway
        self._brevo = brevo
        self._smtp = smtp

    async def subscribe(self, language: str = "sv") -> None:
        await self.gateway.ask(SUBSCRIBE, {"email": self.address, "consent": True}, language=language)

    async def confirm(self, token: str) -> str:
        return (await self.gateway.get(CONFIRM, SubscriptionState, {"token": token})).state

    async def unsubscribe(self, token: str) -> str:
        return (await self.gateway.get(UNSUBSCRIBE, SubscriptionState, {"token": token})).state

    async def become_subscribed(self) -> str:
        """The token that ends it again."""
        seen = len(self.letters())
        await self.subscribe()
        await self.confirm(token_of(await self.letter(seen)))
        welcome = await self.letter(seen + 1)
        await until(self.contact)
        return token_of(welcome)

    def letters(self) -> list[dict[str, Any]]:
        return [message for message in self._smtp.get("/messages") if message["to"] == self.address.lower()]

    async def letter(self, number: int = 0) -> dict[str, Any]:
        return (await until(lambda: self.letters()[number:]))[0]

    def contact(self) -> dict[str, Any] | None:
        found = [one for one in self._brevo.get("/__emu/contacts") if one["email"] == self.address.lower()]
        return found[0] if found else None

    async def gone_from_brevo(self) -> bool:
        return await until(lambda: self.contact() is None)

    async def brevo_tells(self, event: str, bearer: str = WEBHOOK_TOKEN, **more: Any) -> None:
        content = {"event": event, "email": self.address, **more}
        await self.brevo_sends(json.dumps(content), bearer)

    async def brevo_sends(self, body: str, bearer: str = WEBHOOK_TOKEN) -> None:
        await self.gateway.ask(BREVO_CALLBACK, {"bearer": bearer, "body": body})


@pytest.fixture
async def gateway(server: NatsServer, service: RunningService) -> AsyncIterator[BusClient]:
    async with BusClient("gateway", server, service.clock) as client:
        yield client


@pytest.fixture
def reader(gateway: BusClient, brevo: Running, smtp: Running) -> Reader:
    return Reader("Elev.Ett@skola.example", gateway, brevo, smtp)


def token_of(letter: dict[str, Any]) -> str:
    """The secret of the first link."""
    return str(letter["links"][0]).partition("#token=")[2]
