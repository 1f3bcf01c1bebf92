"""Retention: what is past its period goes, what is not stays, and the counts are told."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import insert

import chassis.retention
from chassis.database import StillBusy
from chassis.inbox import first_time
from chassis.retention import Retention
from chassis.tables import TRACES_KEPT
from tests.support.clock import FakeClock
from tests.support.toy_service import INVENTORY, TABLES, YEAR, Toy, table


@pytest.fixture
def told() -> list[tuple[str, int]]:
    return []


@pytest.fixture
def retention(toy: Toy, told: list[tuple[str, int]]) -> Retention:
    return Retention(toy.database, INVENTORY, TABLES, toy.clock, lambda store, count: told.append((store, count)))


async def test_nothing_goes_before_its_time(toy: Toy, retention: Retention, clock: FakeClock) -> None:
    await toy.add_person("anna", notes=2)
    clock.advance(timedelta(days=30))
    assert await retention.sweep() == {}
    assert len(await toy.rows("note")) == 2


async def test_each_store_goes_when_its_own_period_is_over(
    toy: Toy, retention: Retention, clock: FakeClock, told: list[tuple[str, int]]
) -> None:
    await toy.add_person("anna", notes=2)
    clock.advance(timedelta(days=30, seconds=1))
    assert await retention.sweep() == {"note": 2}
    clock.advance(YEAR)
    assert await retention.sweep() == {"person": 1}
    assert len(await toy.rows("payment")) == 1
    clock.advance(7 * YEAR)
    assert await retention.sweep() == {"payment": 1}
    assert told == [("note", 2), ("person", 1), ("payment", 1)]


async def test_a_sweep_of_many_goes_in_small_steps(
    toy: Toy, retention: Retention, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chassis.retention, "BATCH_MAX", 10)
    await toy.add_person("anna", notes=25)
    clock.advance(timedelta(days=31))
    assert await retention.sweep() == {"note": 25}


async def test_traces_of_handled_messages_end_as_well(toy: Toy, retention: Retention, clock: FakeClock) -> None:
    await toy.database.write(first_time, TABLES, "consumer", "message", clock.now())
    clock.advance(TRACES_KEPT)
    assert await retention.sweep() == {}
    clock.advance(timedelta(seconds=1))
    assert await retention.sweep() == {"inbox": 1}


async def test_a_row_without_a_time_to_count_from_stays(toy: Toy, retention: Retention, clock: FakeClock) -> None:
    await toy.execute(insert(table("tariff")).values(name="free", price=0))
    clock.advance(100 * YEAR)
    assert await retention.sweep() == {}
    assert len(await toy.rows("tariff")) == 1


async def test_a_log_that_cannot_be_emptied_now_does_not_end_the_sweeping(
    toy: Toy, retention: Retention, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_up = asyncio.Event()

    async def busy() -> None:
        held_up.set()
        raise StillBusy

    monkeypatch.setattr(toy.database, "truncate_wal", busy)
    await toy.add_person("anna")
    clock.advance(timedelta(days=31))
    task = asyncio.create_task(retention.run())
    async with asyncio.timeout(5):
        await held_up.wait()
    await asyncio.sleep(0.05)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
