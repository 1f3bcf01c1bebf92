"""A gateway between a browser and toy owners, over a real nats-server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.gateway.owners import Gateway, Owners
from tests.support.nats import NatsServer


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with NatsServer(tmp_path / "nats") as running:
        yield running


@pytest.fixture
async def gateway(server: NatsServer, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with Gateway(server, tmp_path) as running:
        yield running


@pytest.fixture
def owners(gateway: Gateway) -> Owners:
    return gateway.owners
