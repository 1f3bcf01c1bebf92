"""dsar as its own process on a real bus, with miniature holders and the real mail sink."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.holder import SERVICES
from tests.integration.dsar.cases import Dsar
from tests.integration.emulators.running import Running, start
from tests.support.nats import NatsServer
from tests.support.running_service import BusClient, RunningService
from tests.support.toy_holders import ToyHolders

Settings = Callable[[], dict[str, str]]


@pytest.fixture(scope="session")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The mail sink; tests tell their letters apart by address."""
    running = start("smtp", tmp_path_factory.mktemp("smtp"))
    yield running
    running.stop()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with NatsServer(tmp_path / "nats") as running:
        yield running


@pytest.fixture
async def holders(server: NatsServer) -> AsyncIterator[ToyHolders]:
    async with ToyHolders(server) as toys:
        yield toys


@pytest.fixture
async def dsar(server: NatsServer, holders: ToyHolders, sink: Running, tmp_path: Path) -> AsyncIterator[Dsar]:
    keys = server.keys
    settings: dict[str, Any] = {
        "ledger_key": keys.secret("ledger"),
        "case_key": keys.secret("case"),
        "log_seed": keys.secret("log"),
        "receipt_keys": json.dumps({name: keys.ed25519_public(f"receipt-{name}") for name in SERVICES}),
        "smtp_host": "127.0.0.1",
        "smtp_port": str(sink.ports["smtp"]),
        "smtp_sender": "no-reply@larabot.example",
    }
    async with RunningService("dsar", server, tmp_path, **settings) as service:
        yield Dsar(service, BusClient("gateway", server), holders, sink)
