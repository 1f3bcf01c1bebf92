"""Pseudonyms, deletions and counters in a real database, on both engines."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from chassis.database import Database
from chassis.migrations import migrate
from services.analytics.adapters.counts import COUNTS, SqlUsageCounts
from services.analytics.adapters.identities import SqlDeletions, SqlIdentities, unverified
from services.analytics.app import MIGRATIONS
from services.analytics.domain.counters import UsageCount
from services.analytics.domain.deletions import LEASE, Deletion
from services.analytics.tables import Base
from tests.support.clock import START, FakeClock
from tests.support.postgres import PostgresServer, postgres

__all__ = ["postgres"]


@dataclass
class Store:
    database: Database
    clock: FakeClock
    identities: SqlIdentities
    deletions: SqlDeletions
    counts: SqlUsageCounts


@pytest.fixture(params=["sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    url = f"sqlite:///{tmp_path}/analytics.db"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = await server.fresh_database()
    clock = FakeClock()
    database = Database(url, clock)
    await database.open()
    await migrate(database, MIGRATIONS, Base.metadata)
    yield Store(database, clock, SqlIdentities(database), SqlDeletions(database), SqlUsageCounts(database))
    await database.close()


async def test_a_visitor_has_one_pseudonym_however_many_ask(store: Store) -> None:
    made = await asyncio.gather(*(store.identities.pseudonym_of("v", START) for _ in range(8)))
    assert len(set(made)) == 1
    assert await store.identities.pseudonym_of("w", START) not in made


async def test_a_withdrawal_turns_the_pseudonym_into_a_deletion(store: Store) -> None:
    pseudonym = await store.identities.pseudonym_of("v", START)
    await store.identities.withdraw(["v", "unknown"], START)
    await store.identities.withdraw(["v"], START)
    deletion = await store.deletions.take(START)
    assert isinstance(deletion, Deletion)
    assert (deletion.distinct_id, deletion.attempts) == (pseudonym, 1)
    assert await store.identities.pseudonym_of("v", START) != pseudonym


async def test_a_deletion_is_leased_to_one_and_comes_back_after_a_crash(store: Store) -> None:
    await store.identities.pseudonym_of("v", START)
    await store.identities.withdraw(["v"], START)
    taken = await asyncio.gather(*(store.deletions.take(START) for _ in range(3)))
    assert len([one for one in taken if isinstance(one, Deletion)]) == 1
    assert isinstance(await store.deletions.take(START + LEASE), Deletion)


async def test_a_deletion_keeps_how_far_it_has_come_until_it_is_over(store: Store) -> None:
    await store.identities.pseudonym_of("v", START)
    await store.identities.withdraw(["v"], START)
    deletion = await store.deletions.take(START)
    assert isinstance(deletion, Deletion)
    verified = deletion.asked(("person",), START).verified(START)
    await store.deletions.keep(verified, START + timedelta(hours=1))
    assert await store.database.read(unverified) == []
    assert await store.deletions.take(START) == START + timedelta(hours=1)
    late = await store.deletions.take(START + timedelta(hours=1))
    assert isinstance(late, Deletion)
    assert (late.persons, late.verified_at) == (("person",), START)
    await store.deletions.forget(late.distinct_id)
    assert await store.deletions.take(START + timedelta(days=1)) is None


async def test_a_new_deletion_never_waits_behind_three_hundred_that_fail(store: Store) -> None:
    for number in range(300):
        await store.identities.pseudonym_of(f"stuck-{number}", START)
    await store.identities.withdraw([f"stuck-{number}" for number in range(300)], START)
    while isinstance(deletion := await store.deletions.take(START), Deletion):
        await store.deletions.keep(deletion, START + timedelta(seconds=1), "status-500")
    later = START + timedelta(seconds=1)
    assert deletion == later
    healthy = await store.identities.pseudonym_of("v", later)
    await store.identities.withdraw(["v"], later)
    first = await store.deletions.take(later)
    assert isinstance(first, Deletion)
    assert first.distinct_id == healthy


async def test_visitors_are_read_in_order_and_by_age(store: Store) -> None:
    for visitor, days in (("b", 0), ("a", 10), ("c", 20)):
        await store.identities.pseudonym_of(visitor, START + timedelta(days=days))
    assert await store.identities.visitors_after("", 2) == ["a", "b"]
    assert await store.identities.visitors_after("b", 2) == ["c"]
    assert await store.identities.made_before(START + timedelta(days=1), 5) == ["b"]


async def test_replicas_add_up(store: Store) -> None:
    count = UsageCount(window_start=START, tool="simplify", outcome="stop", count=12)
    for _ in range(2):
        await store.counts.write([count])
    rows = await store.database.read(lambda session: session.execute(select(COUNTS)).all())
    assert [tuple(row) for row in rows] == [(START, "simplify", "stop", 24)]
