"""One real nats-server per test, and connections in any role."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.bus_roles import Connect
from tests.support.nats import NatsServer


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with NatsServer(tmp_path / "bus") as running:
        yield running


@pytest.fixture
async def connect(server: NatsServer) -> AsyncIterator[Connect]:
    opening = Connect(server)
    yield opening
    for connection in opening.opened:
        await connection.client.close()
