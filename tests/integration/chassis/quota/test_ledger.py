"""The ledger on both engines: no write in a request's path, no use beyond the limit, nothing kept without need."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from chassis.database import Database, Session
from chassis.quota import QuotaCounters, QuotaLedger, Slot, quota_counter
from contracts.errors import ErrorKind, Refusal
from tests.support.postgres import PostgresServer, postgres

__all__ = ["postgres"]

LIMIT = 200
SLOT = Slot("2026-11-02", "k", "text")
BLOCK_MAX = LIMIT // 16


class Base(SQLModel, registry=registry()):
    pass


COUNTER = quota_counter(Base.metadata)


class CountingDatabase(Database):
    """Counts transactions, and can be away."""

    writes = 0
    away = False

    async def write(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.writes += 1
        if self.away:
            raise ConnectionError("away")
        return await super().write(work, *args, **kwargs)


def make_tables(session: Session) -> None:
    Base.metadata.create_all(session.connection())


def counts_in(session: Session) -> dict[str, int]:
    rows = session.execute(select(COUNTER.c.quota_key, COUNTER.c.count)).all()
    return {key: count for key, count in rows if count}


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        return await server.fresh_database()
    return f"sqlite:///{tmp_path}/quota.db"


@pytest.fixture
async def database(url: str) -> AsyncIterator[CountingDatabase]:
    database = CountingDatabase(url)
    await database.open()
    await database.write(make_tables)
    database.writes = 0
    yield database
    await database.close()


@pytest.fixture
async def replicas_database(url: str, database: CountingDatabase) -> AsyncIterator[Database]:
    second = Database(url)
    await second.open()
    yield second
    await second.close()


def ledger_on(database: Database, **options: Any) -> QuotaLedger:
    return QuotaLedger(database, QuotaCounters(COUNTER), **options)


async def taken(ledger: QuotaLedger, times: int, slot: Slot = SLOT, limit: int = LIMIT) -> int:
    return sum(await asyncio.gather(*(ledger.take(slot, limit) for _ in range(times))))


async def settled(database: Database, expected: dict[str, int]) -> None:
    async with asyncio.timeout(20):
        while await database.read(counts_in) != expected:
            await asyncio.sleep(0.01)


async def test_most_uses_write_nothing(database: CountingDatabase) -> None:
    ledger = ledger_on(database)
    for _ in range(100):
        assert await ledger.take(SLOT, 1000)
    assert database.writes <= 4
    await ledger.close()
    assert await database.read(counts_in) == {"k": 100}


async def test_a_crowd_s_first_uses_share_transactions(database: CountingDatabase) -> None:
    ledger = ledger_on(database)
    crowd = [ledger.take(Slot("2026-11-02", f"k{number % 40}", "text"), LIMIT) for number in range(120)]
    assert all(await asyncio.gather(*crowd))
    assert database.writes <= 3
    await ledger.close()
    assert await database.read(counts_in) == {f"k{number}": 3 for number in range(40)}


async def test_two_replicas_never_pass_the_limit_between_them(
    database: CountingDatabase, replicas_database: Database
) -> None:
    ledgers = [ledger_on(database), ledger_on(replicas_database)]

    async def one_after_another(ledger: QuotaLedger) -> int:
        uses = 0
        while await ledger.take(SLOT, LIMIT):
            uses += 1
            await asyncio.sleep(0)
        return uses

    crowds = [taken(ledger, LIMIT) for ledger in ledgers]
    loners = [one_after_another(ledger) for ledger in ledgers]
    assert sum(await asyncio.gather(*crowds, *loners)) == LIMIT
    assert await database.read(counts_in) == {"k": LIMIT}


async def test_the_first_uses_of_a_key_at_two_replicas_at_once_are_both_counted(
    database: CountingDatabase, replicas_database: Database
) -> None:
    slots = [Slot("2026-11-02", f"k{number}", "text") for number in range(30)]
    ledgers = [ledger_on(database), ledger_on(replicas_database)]
    assert all(await asyncio.gather(*(ledger.take(slot, LIMIT) for slot in slots for ledger in ledgers)))
    for ledger in ledgers:
        await ledger.close()
    assert await database.read(counts_in) == {slot.quota_key: 2 for slot in slots}


@pytest.mark.parametrize("used", [1, 5, 60, LIMIT - 1])
async def test_a_crash_costs_a_block_at_most_and_gives_nothing_away(database: CountingDatabase, used: int) -> None:
    assert await taken(ledger_on(database), used) == used  # and never closed
    left = await taken(ledger_on(database), LIMIT)
    assert LIMIT - used - BLOCK_MAX <= left <= LIMIT - used


async def test_what_is_not_used_goes_back_and_leaves_the_memory(database: CountingDatabase) -> None:
    ledger = ledger_on(database, idle_seconds=0.05)
    await taken(ledger, 7)
    await settled(database, {"k": 7})
    assert len(ledger) == 0
    assert await taken(ledger, LIMIT) == LIMIT - 7
    await ledger.close()


async def test_memory_is_bounded_and_what_had_to_leave_is_counted(database: CountingDatabase) -> None:
    ledger = ledger_on(database, blocks_max=10)
    for number in range(60):
        assert await ledger.take(Slot("2026-11-02", f"k{number}", "text"), LIMIT)
        assert len(ledger) <= 10
    await ledger.close()
    assert await database.read(counts_in) == {f"k{number}": 1 for number in range(60)}


async def test_one_who_leaves_while_waiting_takes_nothing_from_the_others(database: CountingDatabase) -> None:
    ledger = ledger_on(database)
    uses = [asyncio.create_task(ledger.take(SLOT, LIMIT)) for _ in range(5)]
    await asyncio.sleep(0)
    uses[0].cancel()
    assert await asyncio.gather(*uses[1:]) == [True] * 4
    await ledger.close()
    assert await database.read(counts_in) == {"k": 4}


async def test_a_database_that_is_away_refuses_new_keys_and_nobody_else(database: CountingDatabase) -> None:
    ledger = ledger_on(database, idle_seconds=0.05)
    assert await ledger.take(SLOT, LIMIT)
    database.away = True
    assert await ledger.take(SLOT, LIMIT)
    outcomes = await asyncio.gather(
        *(ledger.take(Slot("2026-11-02", f"o{number}", "text"), LIMIT) for number in range(4)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [ConnectionError] * 4
    await asyncio.sleep(0.2)  # idle meanwhile: what is left cannot be given back yet
    database.away = False
    await settled(database, {"k": 2})
    assert await ledger.take(Slot("2026-11-02", "o1", "text"), LIMIT)
    await ledger.close()


async def test_another_limit_counts_at_once(database: CountingDatabase) -> None:
    ledger = ledger_on(database)
    assert await taken(ledger, 10, limit=1000) == 10
    assert await taken(ledger, 1, limit=10) == 0
    assert await taken(ledger, 20, limit=20) == 10


async def test_a_forgotten_key_is_gone_from_memory_and_does_not_come_back(database: CountingDatabase) -> None:
    ledger = ledger_on(database)
    await taken(ledger, 3)
    await ledger.take(Slot("2026-11-02", "other", "text"), LIMIT)
    ledger.forget(["k"])
    await database.write(lambda session: session.execute(COUNTER.delete().where(COUNTER.c.quota_key == "k")) and None)
    await asyncio.sleep(0)
    assert len(ledger) == 1
    await ledger.close()
    assert await database.read(counts_in) == {"other": 1}


async def test_a_reservation_that_an_erasure_overtakes_leaves_no_row(database: CountingDatabase) -> None:
    ledger = ledger_on(database)
    use = asyncio.create_task(ledger.take(SLOT, LIMIT))
    await asyncio.sleep(0)
    ledger.forget(["k"])
    with pytest.raises(Refusal) as caught:
        await use
    assert caught.value.kind is ErrorKind.UNAUTHENTICATED
    await settled(database, {})
    await ledger.close()
    assert await database.read(counts_in) == {}


async def test_a_full_day_is_not_asked_for_again_and_again(database: CountingDatabase) -> None:
    ledger = ledger_on(database)
    assert await taken(ledger, LIMIT + 1) == LIMIT
    writes = database.writes
    assert await taken(ledger, 50) == 0
    assert database.writes == writes
