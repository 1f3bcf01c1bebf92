"""The stores of the consent service, each in turn."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.consent.stores import Behind, Store, opened
from tests.support.postgres import PostgresServer, postgres
from tests.unit.consent.fakes import FakeConsents

__all__ = ["postgres"]


@pytest.fixture(params=["sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(await url_of(request, tmp_path)) as store:
        yield store


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
async def behind(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Behind]:
    if request.param == "fake":
        fake = FakeConsents()
        yield Behind(fake, fake.erase)
        return
    async with opened(await url_of(request, tmp_path)) as store:
        yield Behind(store.consents, store.erase)


async def url_of(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        return await server.fresh_database()
    return f"sqlite:///{folder}/consent.db"
