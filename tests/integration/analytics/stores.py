"""A database of the analytics service, on either engine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chassis.database import Database
from chassis.migrations import migrate
from services.analytics.app import MIGRATIONS
from services.analytics.tables import Base
from tests.support.clock import FakeClock
from tests.support.postgres import PostgresServer


async def url_of(request: pytest.FixtureRequest, folder: Path) -> str:
    """Of an empty one, on the engine that the parameter names."""
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        return await server.fresh_database()
    return f"sqlite:///{folder}/analytics.db"


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """With the service's tables."""
    database = Database(url, FakeClock())
    await database.open()
    try:
        await migrate(database, MIGRATIONS, Base.metadata)
        yield database
    finally:
        await database.close()
