"""One behaviour suite for the port `Quota` of the tools: the fake of the unit tests, SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.database import Database, Session
from chassis.quota import DailyQuotas
from contracts.errors import ErrorKind, Refusal
from services.textproxy.ports import Quota
from services.textproxy.tables import QUOTA_COUNTER, Base
from tests.support.clock import FakeClock
from tests.support.fake_quota import FakeQuota
from tests.support.postgres import PostgresServer, postgres

__all__ = ["postgres"]

LEFT = 3
LIMITS = {"free": {"text": LEFT}}


def make_tables(session: Session) -> None:
    Base.metadata.create_all(session.connection())


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
async def quota(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Quota]:
    if request.param == "fake":
        yield FakeQuota(LEFT)
        return
    url = f"sqlite:///{tmp_path}/quota.db"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = await server.fresh_database()
    clock = FakeClock()
    database = Database(url, clock)
    await database.open()
    await database.write(make_tables)
    quotas = DailyQuotas(database, QUOTA_COUNTER, LIMITS, clock, family="text", initial_tier="free")
    yield quotas
    await quotas.close()
    await database.close()


async def refused(quota: Quota, key: str | None) -> ErrorKind:
    with pytest.raises(Refusal) as caught:
        await quota.spend(key, "free", "simplify")
    return caught.value.kind


async def test_the_day_s_uses_are_spent_and_then_refused(quota: Quota) -> None:
    for _ in range(LEFT):
        await quota.spend("k" * 32, "free", "simplify")
    assert [await refused(quota, "k" * 32) for _ in range(2)] == [ErrorKind.RATE_LIMITED] * 2


async def test_nobody_is_served_without_a_key_and_nothing_is_spent(quota: Quota) -> None:
    assert [await refused(quota, None) for _ in range(LEFT)] == [ErrorKind.UNAUTHENTICATED] * LEFT
    await quota.spend("k" * 32, "free", "simplify")
