"""One behaviour suite for the ports that store: the fakes of the unit tests, SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from chassis.database import Database
from services.analytics.adapters.counts import COUNTS, SqlUsageCounts
from services.analytics.adapters.identities import SqlDeletions, SqlIdentities
from services.analytics.domain.counters import UsageCount
from services.analytics.domain.deletions import LEASE, Deletion
from services.analytics.ports import Deletions, Identities, UsageCounts
from tests.integration.analytics.stores import opened, url_of
from tests.support.clock import START
from tests.unit.analytics.fakes import FakeCounts, FakeDeletions, FakeIdentities

TOTALS = select(COUNTS.c["window_start"], COUNTS.c["tool"], COUNTS.c["outcome"], COUNTS.c["count"])

Totals = dict[tuple[datetime, str, str], int]


@dataclass
class Behind:
    """Whatever stands behind the ports; `totals` are the counts as they stand there."""

    identities: Identities
    deletions: Deletions
    counts: UsageCounts
    totals: Callable[[], Awaitable[Totals]]

    async def taken(self, now: datetime = START) -> Deletion:
        deletion = await self.deletions.take(now)
        assert isinstance(deletion, Deletion)
        return deletion


def behind_fakes() -> Behind:
    deletions, counts = FakeDeletions(), FakeCounts()
    return Behind(FakeIdentities(deletions), deletions, counts, counts.totals)


def behind_sql(database: Database) -> Behind:
    async def totals() -> Totals:
        rows = await database.read(lambda session: session.execute(TOTALS).all())
        return {(start, tool, outcome): count for start, tool, outcome, count in rows}

    return Behind(SqlIdentities(database), SqlDeletions(database), SqlUsageCounts(database), totals)


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
async def behind(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Behind]:
    if request.param == "fake":
        yield behind_fakes()
        return
    async with opened(await url_of(request, tmp_path)) as database:
        yield behind_sql(database)


async def test_a_visitor_has_one_pseudonym_however_many_ask(behind: Behind) -> None:
    made = await asyncio.gather(*(behind.identities.pseudonym_of("v", START) for _ in range(8)))
    assert len(set(made)) == 1
    assert await behind.identities.pseudonym_of("w", START) not in made


async def test_a_withdrawal_turns_the_pseudonym_into_a_deletion(behind: Behind) -> None:
    pseudonym = await behind.identities.pseudonym_of("v", START)
    await behind.identities.withdraw(["v", "unknown"], START)
    await behind.identities.withdraw(["v"], START)
    deletion = await behind.taken()
    assert (deletion.distinct_id, deletion.attempts, deletion.created_at) == (pseudonym, 1, START)
    assert await behind.identities.pseudonym_of("v", START) != pseudonym


async def test_a_deletion_is_leased_to_one_and_comes_back_after_a_crash(behind: Behind) -> None:
    await behind.identities.pseudonym_of("v", START)
    await behind.identities.withdraw(["v"], START)
    taken = await asyncio.gather(*(behind.deletions.take(START) for _ in range(3)))
    assert len([one for one in taken if isinstance(one, Deletion)]) == 1
    assert (await behind.taken(START + LEASE)).attempts == 2


async def test_a_deletion_keeps_how_far_it_has_come_until_it_is_over(behind: Behind) -> None:
    await behind.identities.pseudonym_of("v", START)
    await behind.identities.withdraw(["v"], START)
    verified = (await behind.taken()).asked(("person",), START).verified(START)
    later = START + timedelta(hours=1)
    await behind.deletions.keep(verified, later)
    assert await behind.deletions.take(START) == later
    late = await behind.taken(later)
    assert (late.persons, late.asked_at, late.verified_at) == (("person",), START, START)
    await behind.deletions.forget(late.distinct_id)
    await behind.deletions.keep(late, later)  # by a replica whose lease ran out
    assert await behind.deletions.take(START + timedelta(days=1)) is None


async def test_of_those_that_are_due_the_least_tried_comes_first(behind: Behind) -> None:
    await behind.identities.pseudonym_of("v", START)
    await behind.identities.withdraw(["v"], START)
    failing, later = await behind.taken(), START + timedelta(seconds=1)
    await behind.deletions.keep(failing, later, "status-500")
    assert await behind.deletions.take(START) == later
    healthy = await behind.identities.pseudonym_of("w", later)
    await behind.identities.withdraw(["w"], later)
    assert (await behind.taken(later)).distinct_id == healthy
    assert (await behind.taken(later)).distinct_id == failing.distinct_id


async def test_visitors_are_read_in_order_and_by_age(behind: Behind) -> None:
    assert await behind.identities.first_made() is None
    for visitor, days in (("b", 10), ("a", 0), ("c", 20)):
        await behind.identities.pseudonym_of(visitor, START + timedelta(days=days))
    assert await behind.identities.first_made() == START
    assert await behind.identities.visitors_after("", 2) == ["a", "b"]
    assert await behind.identities.visitors_after("b", 2) == ["c"]
    assert await behind.identities.made_before(START + timedelta(days=20), 5) == ["a", "b"]
    assert await behind.identities.made_before(START + timedelta(days=30), 1) == ["a"]


async def test_replicas_add_up(behind: Behind) -> None:
    count = UsageCount(window_start=START, tool="simplify", outcome="stop", count=12)
    other = UsageCount(window_start=START, tool="simplify", outcome="cancelled", count=10)
    await behind.counts.write([count, other])
    await behind.counts.write([count])
    assert await behind.totals() == {(START, "simplify", "stop"): 24, (START, "simplify", "cancelled"): 10}
