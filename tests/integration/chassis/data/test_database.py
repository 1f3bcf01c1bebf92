"""The database: one transaction a write, writers in turn, times that come back as they went, nothing left behind."""

import asyncio
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession

import chassis.database.database
from chassis.database import Database, StillBusy, is_away, wake_after_commit
from tests.support.toy_service import Note, Person, Toy, table

TARIFF = table("tariff")
WRITERS, ROUNDS = 16, 10


async def prices(toy: Toy) -> dict[str, int]:
    return {row["name"]: row["price"] for row in await toy.rows("tariff")}


async def test_a_time_comes_back_aware_and_in_utc(toy: Toy) -> None:
    written = datetime(2026, 7, 1, 14, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    async with toy.database.write() as session:
        session.add(
            Person(
                id="a", email="a@b.example", password_hash=b"\x00\xff", recipient_id=1, choices={}, created_at=written
            )
        )
    async with toy.database.read() as session:
        person = (await session.scalars(select(Person))).one()
    assert person.created_at == written
    assert person.created_at.tzinfo is UTC
    assert person.password_hash == b"\x00\xff"


async def test_times_compare_across_zones(toy: Toy) -> None:
    await toy.add_person("anna")
    same = toy.clock.now().astimezone(timezone(timedelta(hours=-5)))
    async with toy.database.read() as session:
        found = await session.scalars(select(table("note").c.text).where(table("note").c.written_at <= same))
        assert list(found) == ["note 0 of anna"]
        later = table("note").c.written_at > same
        assert list(await session.scalars(select(table("note").c.text).where(later))) == []


async def test_a_time_without_zone_is_refused(toy: Toy) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        async with toy.database.write() as session:
            await session.execute(
                insert(table("inbox")).values(consumer="a", message_id="b", handled_at=datetime(2026, 1, 1))  # noqa: DTZ001
            )


async def test_a_failed_write_leaves_nothing(toy: Toy) -> None:
    with pytest.raises(ZeroDivisionError):
        await toy.fail_after(lambda session: session.execute(insert(TARIFF).values(name="half", price=1)))
    assert await prices(toy) == {}


async def test_a_cancelled_write_leaves_nothing_and_lets_the_next_one_in(toy: Toy) -> None:
    begun = asyncio.Event()

    async def write_for_ever() -> None:
        async with toy.database.write() as session:
            await session.execute(insert(TARIFF).values(name="cancelled", price=1))
            begun.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write_for_ever())
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with toy.database.write() as session:
        await session.execute(insert(TARIFF).values(name="next", price=2))
    assert await prices(toy) == {"next": 2}


async def test_reading_cannot_write(toy: Toy) -> None:
    with pytest.raises(DBAPIError):
        async with toy.database.read() as session:
            await session.execute(insert(TARIFF).values(name="sly", price=1))


async def test_sixteen_writers_lose_no_update(toy: Toy) -> None:
    async with toy.database.write() as session:
        await session.execute(insert(TARIFF).values(name="counter", price=0))

    async def increment() -> None:
        for _ in range(ROUNDS):
            async with toy.database.write() as session:
                price = (await session.execute(select(TARIFF.c.price).with_for_update())).scalar_one()
                await session.execute(update(TARIFF).values(price=price + 1))

    await asyncio.gather(*(increment() for _ in range(WRITERS)))
    assert await prices(toy) == {"counter": WRITERS * ROUNDS}


async def test_another_process_on_the_same_file_waits_for_its_turn(sqlite_toy: Toy, tmp_path: Path) -> None:
    async with sqlite_toy.database.write() as session:
        await session.execute(insert(TARIFF).values(name="counter", price=0))
    others = [Database(f"sqlite:///{tmp_path}/data/toy.db") for _ in range(3)]

    async def increment(database: Database) -> None:
        await database.open()
        for _ in range(ROUNDS):
            async with database.write() as session:
                price = (await session.execute(select(TARIFF.c.price))).scalar_one()
                await asyncio.sleep(0)
                await session.execute(update(TARIFF).values(price=price + 1))
        await database.close()

    await asyncio.gather(*(increment(database) for database in others))
    assert await prices(sqlite_toy) == {"counter": 3 * ROUNDS}


async def test_readers_see_the_last_commit_while_a_write_goes_on(toy: Toy) -> None:
    async with toy.database.write() as session:
        await session.execute(insert(TARIFF).values(name="slow", price=1))
        assert await prices(toy) == {}
    assert await prices(toy) == {"slow": 1}


async def test_a_reference_to_nobody_is_refused_without_telling_whose(toy: Toy) -> None:
    with pytest.raises(IntegrityError) as refused:
        async with toy.database.write() as session:
            session.add(Note(person_id="id-nobody", text="private words", written_at=toy.clock.now()))
    assert "private words" not in str(refused.value)


async def test_a_wrong_statement_is_a_bug_and_no_outage(toy: Toy) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with toy.database.read() as session:
            await session.execute(text("SELECT no_such_column FROM tariff"))
    assert not is_away(caught.value)


async def test_a_statement_that_was_given_up_or_a_locked_file_is_an_outage(toy: Toy, tmp_path: Path) -> None:
    being_away = given_up(toy.database) if toy.database.dialect == "postgresql" else locked(tmp_path / "locked.db")
    with pytest.raises((DBAPIError, sqlite3.OperationalError)) as caught:
        await being_away
    assert is_away(caught.value)


async def given_up(database: Database) -> None:
    async with database.read() as session:
        await session.execute(text("SET LOCAL statement_timeout = 20"))
        await session.execute(text("SELECT pg_sleep(5)"))


async def locked(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    await database.open()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        try:
            async with database.write() as session:
                await session.execute(text("SELECT 1"))
        finally:
            other.execute("ROLLBACK")
            await database.close()


async def test_a_commit_wakes_and_a_rollback_does_not(toy: Toy) -> None:
    woken: list[str] = []
    toy.database.on_commit("bell", lambda: woken.append("bell"))

    async def ring(session: AsyncSession) -> None:
        wake_after_commit(session, "bell")

    with pytest.raises(ZeroDivisionError):
        await toy.fail_after(ring)
    assert woken == []
    async with toy.database.write() as session:
        wake_after_commit(session, "bell")
        assert woken == []
    assert woken == ["bell"]


async def test_a_reopened_database_holds_what_was_committed(toy: Toy, url: str) -> None:
    await toy.add_person("anna")
    await toy.database.close()
    again = Database(url)
    await again.open()
    async with again.read() as session:
        assert list(await session.scalars(select(table("person").c.id))) == ["id-anna"]
    await again.close()


async def test_the_file_is_for_its_owner_only(sqlite_toy: Toy, tmp_path: Path) -> None:
    await sqlite_toy.add_person("anna")
    folder = tmp_path / "data"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


async def test_the_file_is_set_up_to_forget(sqlite_toy: Toy) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "temp_store": 2}
    for sessions in (sqlite_toy.database.write, sqlite_toy.database.read):
        async with sessions() as session:
            found = {name: (await session.execute(text(f"PRAGMA {name}"))).scalar_one() for name in wanted}
        assert found == wanted


async def test_settling_waits_for_a_reader_and_then_empties_the_log(sqlite_toy: Toy, tmp_path: Path) -> None:
    log = tmp_path / "data" / "toy.db-wal"
    await sqlite_toy.add_person("anna")
    async with sqlite_toy.database.read() as session:
        await session.execute(select(table("person").c.id))
        await sqlite_toy.add_person("bo", number=2)
        settling = asyncio.create_task(sqlite_toy.database.truncate_wal())
        await asyncio.sleep(0.3)
        assert not settling.done()
        assert log.stat().st_size > 0
    await settling
    assert log.stat().st_size == 0


async def test_settling_gives_up_on_an_endless_reader(sqlite_toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chassis.database.database, "TRUNCATE_SECONDS", 0.4)
    await sqlite_toy.add_person("anna")
    async with sqlite_toy.database.read() as session:
        await session.execute(select(table("person").c.id))
        await sqlite_toy.add_person("bo", number=2)
        with pytest.raises(StillBusy):
            await sqlite_toy.database.truncate_wal()
    await sqlite_toy.database.truncate_wal()


async def test_many_settle_at_once_while_others_write(sqlite_toy: Toy, tmp_path: Path) -> None:
    async def write_and_settle(number: int) -> None:
        await sqlite_toy.add_person(f"p{number}", number=number)
        await sqlite_toy.database.truncate_wal()

    await asyncio.gather(*(write_and_settle(number) for number in range(30)))
    assert len(await sqlite_toy.rows("person")) == 30
    assert (tmp_path / "data" / "toy.db-wal").stat().st_size == 0


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql+aiomysql://h/d"])
def test_a_database_that_is_no_file_and_no_postgresql_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="SQLite"):
        Database(url)
