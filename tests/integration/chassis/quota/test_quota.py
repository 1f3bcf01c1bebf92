"""Daily quotas on both engines: exact under concurrency, anew each day, found by an erasure, gone in time."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from chassis.database import Database, Session
from chassis.inventory import Inventory
from chassis.quota import DailyQuotas, QuotaPolicyRefused, quota_counter, read_limits
from chassis.retention import Retention
from chassis.tables import standard_tables
from contracts.errors import ErrorKind, Refusal
from contracts.personal_data import Locator
from tests.support.clock import FakeClock
from tests.support.commands import a_command
from tests.support.postgres import PostgresServer, postgres

__all__ = ["postgres"]

LIMITS = {"free": {"text": 3}, "school": {"text": 50, "quiz": 1}, "closed": {}}


class Base(SQLModel, registry=registry()):
    pass


COUNTER = quota_counter(Base.metadata)
TABLES = standard_tables(Base.metadata, mail=False)


def make_tables(session: Session) -> None:
    Base.metadata.create_all(session.connection())


def rows_in(session: Session) -> list[tuple[str, int]]:
    return [(key, count) for key, count in session.execute(select(COUNTER.c.quota_key, COUNTER.c.count))]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path}/quota.db"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = await server.fresh_database()
    database = Database(url, clock)
    await database.open()
    await database.write(make_tables)
    yield database
    await database.close()


@pytest.fixture
async def quotas(database: Database, clock: FakeClock) -> AsyncIterator[DailyQuotas]:
    quotas = DailyQuotas(database, COUNTER, LIMITS, clock, family="text", initial_tier="free")
    yield quotas
    await quotas.close()


async def refusal(
    quotas: DailyQuotas, key: str | None = "k", tier: str | None = "free", tool: str = "simplify"
) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await quotas.spend(key, tier, tool)
    return caught.value


async def spent(quotas: DailyQuotas, times: int, key: str = "k", tier: str = "free") -> Counter[str]:
    calls = (quotas.spend(key, tier, "simplify") for _ in range(times))
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    return Counter(type(outcome).__name__ for outcome in outcomes)


async def test_a_limit_is_exact_however_many_ask_at_once(quotas: DailyQuotas) -> None:
    assert await spent(quotas, 60, tier="school") == {"NoneType": 50, "Refusal": 10}


async def test_people_do_not_share_a_limit(quotas: DailyQuotas) -> None:
    await spent(quotas, 3)
    await quotas.spend("other", "free", "simplify")
    assert (await refusal(quotas)).kind is ErrorKind.RATE_LIMITED


async def test_tools_share_the_family_s_limit_unless_they_have_their_own(quotas: DailyQuotas) -> None:
    await quotas.spend("k", "school", "quiz")
    assert (await refusal(quotas, tier="school", tool="quiz")).members["limit"] == 1
    await quotas.spend("k", "school", "translate")


async def test_the_refusal_says_when_the_day_ends_and_then_all_is_open(quotas: DailyQuotas, clock: FakeClock) -> None:
    await spent(quotas, 3)
    assert (await refusal(quotas)).members == {
        "limit": 3,
        "window_seconds": 24 * 3600,
        "retry_after_seconds": 16 * 3600,
    }
    clock.advance(timedelta(hours=16))
    await quotas.spend("k", "free", "simplify")


async def test_an_unknown_tier_is_the_initial_one_and_an_empty_one_allows_nothing(quotas: DailyQuotas) -> None:
    assert await spent(quotas, 4, tier="gone") == {"NoneType": 3, "Refusal": 1}
    assert (await refusal(quotas, tier="closed")).kind is ErrorKind.RATE_LIMITED


async def test_nobody_is_counted_without_a_key(quotas: DailyQuotas) -> None:
    assert (await refusal(quotas, key=None)).kind is ErrorKind.UNAUTHENTICATED


async def test_counters_are_declared_and_swept_while_the_gateway_can_still_name_them(
    database: Database, quotas: DailyQuotas, clock: FakeClock
) -> None:
    inventory = Inventory("toy", Base.metadata, Base)
    declared = next(said for table, said in inventory.personal_tables() if table.name == "quota_counter")
    assert declared.located_by == {Locator.QUOTA_KEY: "quota_key"}
    await quotas.spend("k", "free", "simplify")
    await quotas.close()  # no reservation is under way while the clock moves by a day
    retention = Retention(database, inventory, TABLES, clock)
    clock.advance(timedelta(hours=16))
    assert await retention.sweep() == {}
    clock.advance(timedelta(hours=2))
    assert await retention.sweep() == {"quota_counter": 1}
    assert await database.read(rows_in) == []


async def test_an_erasure_ends_what_is_counted_in_memory(database: Database, quotas: DailyQuotas) -> None:
    await quotas.spend("k", "school", "simplify")
    await quotas.spend("other", "school", "simplify")
    claim = a_command({Locator.QUOTA_KEY: ["k"]})

    def erase(session: Session) -> None:
        quotas.before_erasure(session, claim)
        session.execute(COUNTER.delete().where(COUNTER.c.quota_key == "k"))

    await database.write(erase)
    await quotas.close()
    assert await database.read(rows_in) == [("other", 1)]


def test_a_quota_that_is_not_by_the_day_is_refused(tmp_path: Path) -> None:
    tiers = {"free": {"quotas": [{"tool": "text", "limit": 1, "window_seconds": 60}]}}
    (tmp_path / "tiers.json").write_text(json.dumps({"initial": "free", "tiers": tiers}))
    with pytest.raises(QuotaPolicyRefused, match="tier free, text"):
        read_limits(tmp_path / "tiers.json")
