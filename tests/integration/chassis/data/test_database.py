"""The database: one transaction a write, writers in turn, times that come back as they went, nothing left behind."""

import asyncio
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

import chassis.database.database
from chassis.database import Database, Session, StillBusy, is_away, wake_after_commit
from tests.support.toy_service import Person, Toy, table

TARIFF = table("tariff")
WRITERS, ROUNDS = 16, 10


def increment(session: Session) -> None:
    price = session.execute(select(TARIFF.c.price).with_for_update()).scalar_one()
    session.execute(update(TARIFF).values(price=price + 1))


async def prices(toy: Toy) -> dict[str, int]:
    return {row["name"]: row["price"] for row in await toy.rows("tariff")}


async def test_a_time_comes_back_aware_and_in_utc(toy: Toy) -> None:
    written = datetime(2026, 7, 1, 14, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    columns = {"id": "a", "email": "a@b.example", "password_hash": b"\x00\xff", "recipient_id": 1, "choices": {}}
    await toy.execute(insert(table("person")).values(**columns, created_at=written))
    person = await toy.database.read(lambda session: session.scalars(select(Person)).one())
    assert person.created_at == written
    assert person.created_at.tzinfo is UTC
    assert person.password_hash == b"\x00\xff"


async def test_times_compare_across_zones(toy: Toy) -> None:
    await toy.add_person("anna")
    same = toy.clock.now().astimezone(timezone(timedelta(hours=-5)))
    note = table("note").c

    def found(session: Session) -> tuple[list[str], list[str]]:
        until, after = (select(note.text).where(when) for when in (note.written_at <= same, note.written_at > same))
        return list(session.scalars(until)), list(session.scalars(after))

    assert await toy.database.read(found) == (["note 0 of anna"], [])


async def test_a_time_without_zone_is_refused(toy: Toy) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        await toy.execute(
            insert(table("inbox")).values(consumer="a", message_id="b", handled_at=datetime(2026, 1, 1))  # noqa: DTZ001
        )


async def test_a_failed_write_leaves_nothing(toy: Toy) -> None:
    with pytest.raises(ZeroDivisionError):
        await toy.fail_after(lambda session: session.execute(insert(TARIFF).values(name="half", price=1)))
    assert await prices(toy) == {}


async def test_reading_cannot_write(toy: Toy) -> None:
    with pytest.raises(DBAPIError):
        await toy.database.read(lambda session: session.execute(insert(TARIFF).values(name="sly", price=1)))


async def test_sixteen_writers_lose_no_update(toy: Toy) -> None:
    await toy.execute(insert(TARIFF).values(name="counter", price=0))
    await asyncio.gather(*(toy.database.write(increment) for _ in range(WRITERS * ROUNDS)))
    assert await prices(toy) == {"counter": WRITERS * ROUNDS}


async def test_another_process_on_the_same_file_waits_for_its_turn(sqlite_toy: Toy, tmp_path: Path) -> None:
    await sqlite_toy.execute(insert(TARIFF).values(name="counter", price=0))
    others = [Database(f"sqlite:///{tmp_path}/data/toy.db") for _ in range(3)]

    async def write(database: Database) -> None:
        await database.open()
        for _ in range(ROUNDS):
            await database.write(increment)
        await database.close()

    await asyncio.gather(*(write(database) for database in others))
    assert await prices(sqlite_toy) == {"counter": 3 * ROUNDS}


async def test_readers_see_the_last_commit_while_a_write_goes_on(toy: Toy) -> None:
    inserted, seen = threading.Event(), threading.Event()

    def slow(session: Session) -> None:
        session.execute(insert(TARIFF).values(name="slow", price=1))
        inserted.set()
        seen.wait(20)

    writing = asyncio.create_task(toy.database.write(slow))
    await asyncio.to_thread(inserted.wait, 20)
    assert await prices(toy) == {}
    seen.set()
    await writing
    assert await prices(toy) == {"slow": 1}


async def test_a_reference_to_nobody_is_refused_without_telling_whose(toy: Toy) -> None:
    with pytest.raises(IntegrityError) as refused:
        await toy.execute(
            insert(table("note")).values(person_id="id-nobody", text="private words", written_at=toy.clock.now())
        )
    assert "private words" not in str(refused.value)


async def test_a_wrong_statement_is_a_bug_and_no_outage(toy: Toy) -> None:
    with pytest.raises(DBAPIError) as caught:
        await toy.database.read(lambda session: session.execute(text("SELECT no_such_column FROM tariff")))
    assert not is_away(caught.value)


async def test_a_statement_that_was_given_up_or_a_locked_file_is_an_outage(toy: Toy, tmp_path: Path) -> None:
    being_away = given_up(toy.database) if toy.database.dialect == "postgresql" else locked(tmp_path / "locked.db")
    with pytest.raises((DBAPIError, sqlite3.OperationalError)) as caught:
        await being_away
    assert is_away(caught.value)


async def given_up(database: Database) -> None:
    def slow(session: Session) -> None:
        session.execute(text("SET LOCAL statement_timeout = 20"))
        session.execute(text("SELECT pg_sleep(5)"))

    await database.read(slow)


async def locked(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    await database.open()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        try:
            await database.write(lambda session: session.execute(text("SELECT 1")))
        finally:
            other.execute("ROLLBACK")
            await database.close()


async def test_a_commit_wakes_and_a_rollback_does_not(toy: Toy) -> None:
    woken: list[str] = []
    toy.database.on_commit("bell", lambda: woken.append("bell"))

    def ring(session: Session) -> None:
        wake_after_commit(session, "bell")
        assert woken == []

    with pytest.raises(ZeroDivisionError):
        await toy.fail_after(ring)
    assert woken == []
    await toy.database.write(ring)
    assert woken == ["bell"]


async def test_a_reopened_database_holds_what_was_committed(toy: Toy, url: str) -> None:
    await toy.add_person("anna")
    await toy.database.close()
    again = Database(url)
    await again.open()
    assert await again.read(lambda session: list(session.scalars(select(table("person").c.id)))) == ["id-anna"]
    await again.close()


async def test_the_file_is_for_its_owner_only(sqlite_toy: Toy, tmp_path: Path) -> None:
    await sqlite_toy.add_person("anna")
    folder = tmp_path / "data"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


async def test_the_file_is_set_up_to_forget(sqlite_toy: Toy) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "temp_store": 2}

    def found(session: Session) -> dict[str, object]:
        return {name: session.execute(text(f"PRAGMA {name}")).scalar_one() for name in wanted}

    assert await sqlite_toy.database.write(found) == wanted
    assert await sqlite_toy.database.read(found) == wanted


@asynccontextmanager
async def a_reader(toy: Toy) -> AsyncIterator[None]:
    """Somebody who reads what stood in the log, until the block ends."""
    reads, ended = threading.Event(), threading.Event()

    def read(session: Session) -> None:
        session.execute(select(table("person").c.id)).all()
        reads.set()
        ended.wait(20)

    reading = asyncio.create_task(toy.database.read(read))
    await asyncio.to_thread(reads.wait, 20)
    yield
    ended.set()
    await reading


async def test_truncating_waits_for_a_reader_and_then_empties_the_log(sqlite_toy: Toy, tmp_path: Path) -> None:
    log = tmp_path / "data" / "toy.db-wal"
    await sqlite_toy.add_person("anna")
    async with a_reader(sqlite_toy):
        await sqlite_toy.add_person("bo", number=2)
        truncating = asyncio.create_task(sqlite_toy.database.truncate_wal())
        await asyncio.sleep(0.3)
        assert not truncating.done()
        assert log.stat().st_size > 0
    await truncating
    assert log.stat().st_size == 0


async def test_truncating_gives_up_on_an_endless_reader(sqlite_toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chassis.database.database, "TRUNCATE_SECONDS", 0.4)
    await sqlite_toy.add_person("anna")
    async with a_reader(sqlite_toy):
        await sqlite_toy.add_person("bo", number=2)
        with pytest.raises(StillBusy):
            await sqlite_toy.database.truncate_wal()
    await sqlite_toy.database.truncate_wal()


async def test_many_truncate_at_once_while_others_write(sqlite_toy: Toy, tmp_path: Path) -> None:
    async def write_and_truncate(number: int) -> None:
        await sqlite_toy.add_person(f"p{number}", number=number)
        await sqlite_toy.database.truncate_wal()

    await asyncio.gather(*(write_and_truncate(number) for number in range(30)))
    assert len(await sqlite_toy.rows("person")) == 30
    assert (tmp_path / "data" / "toy.db-wal").stat().st_size == 0


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://h/d"])
def test_a_database_that_is_no_file_and_no_postgresql_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="SQLite"):
        Database(url)
