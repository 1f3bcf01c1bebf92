"""Deletions in a real database, on both engines: what the ports do not show."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from chassis.database import Database, affected
from services.analytics.adapters.identities import DELETIONS, SqlDeletions, SqlIdentities, unverified
from services.analytics.domain.deletions import Deletion
from tests.integration.analytics.stores import opened, url_of
from tests.support.clock import START


@dataclass
class Store:
    database: Database
    identities: SqlIdentities
    deletions: SqlDeletions


@pytest.fixture(params=["sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(await url_of(request, tmp_path)) as database:
        yield Store(database, SqlIdentities(database), SqlDeletions(database))


async def test_a_deletion_is_unverified_until_posthog_has_said_so(store: Store) -> None:
    pseudonym = await store.identities.pseudonym_of("v", START)
    await store.identities.withdraw(["v"], START)
    assert pseudonym is not None
    deletion = await store.deletions.take(START)
    assert isinstance(deletion, Deletion)
    assert await store.database.read(unverified, [pseudonym]) == [pseudonym]
    await store.deletions.keep(deletion.asked(("person",), START).verified(START), START + timedelta(hours=1))
    assert await store.database.read(unverified, [pseudonym]) == []


async def test_a_new_deletion_never_waits_behind_three_hundred_that_fail(store: Store) -> None:
    values = {"persons": [], "created_at": START, "due_at": START, "attempts": 1}
    stuck = insert(DELETIONS).values([{**values, "distinct_id": f"stuck-{number}"} for number in range(300)])
    await store.database.write(affected, stuck)
    healthy = await store.identities.pseudonym_of("v", START)
    await store.identities.withdraw(["v"], START)
    first, second = await store.deletions.take(START), await store.deletions.take(START)
    assert isinstance(first, Deletion)
    assert isinstance(second, Deletion)
    assert (first.distinct_id, second.distinct_id[:6]) == (healthy, "stuck-")
