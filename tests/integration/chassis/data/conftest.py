"""Every test here runs on both engines, unless it asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.database import Database
from tests.support.clock import FakeClock
from tests.support.postgres import PostgresServer, postgres
from tests.support.sealing import sealed_database
from tests.support.toy_service import METADATA, SERVICE, Toy

__all__ = ["postgres"]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data/toy.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return await server.fresh_database()


@pytest.fixture
async def database(url: str, clock: FakeClock) -> AsyncIterator[Database]:
    async with sealed_database(SERVICE, METADATA, url, clock) as database:
        yield database


@pytest.fixture
async def toy(database: Database, clock: FakeClock) -> Toy:
    toy = Toy(database, clock)
    await toy.create_tables()
    return toy


@pytest.fixture
async def sqlite_toy(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Toy]:
    """On a SQLite file only."""
    async with sealed_database(SERVICE, METADATA, f"sqlite:///{tmp_path}/data/toy.db", clock) as database:
        toy = Toy(database, clock)
        await toy.create_tables()
        yield toy
