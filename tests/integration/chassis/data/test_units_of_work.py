"""Units of work in turn: a crowd commits together, and what goes wrong with one is its own."""

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError

import chassis.database.sqlite
import chassis.database.units
from chassis.database import Database, DatabaseClosed, Session, TurnTimeout, is_away
from tests.support.toy_service import Person, Toy, table

TARIFF = table("tariff")


def price(session: Session, name: str, amount: int = 1) -> str:
    session.execute(insert(TARIFF).values(name=name, price=amount))
    return name


def fail(session: Session) -> None:
    price(session, "half")
    raise ZeroDivisionError


async def names(toy: Toy) -> list[str]:
    return [row["name"] for row in await toy.rows("tariff")]


class Turnstile:
    """A unit that holds the writer until it is let go, so that what comes meanwhile makes one batch."""

    def __init__(self) -> None:
        self.entered, self._open = threading.Event(), threading.Event()

    def __call__(self, session: Session) -> None:
        self.entered.set()
        assert session.is_active
        self._open.wait(20)

    def let_go(self) -> None:
        self._open.set()


async def held(database: Database, crowd: Callable[[], list[Awaitable[object]]]) -> list[object]:
    """Hold the writer, submit a crowd, let go; returns what became of each of the crowd."""
    turnstile = Turnstile()
    holding = asyncio.create_task(database.write(turnstile))
    await asyncio.to_thread(turnstile.entered.wait, 20)
    waiting = [asyncio.ensure_future(one) for one in crowd()]
    await asyncio.sleep(0)  # each has taken its place
    turnstile.let_go()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    await holding
    return outcomes


async def test_a_failing_unit_of_a_batch_is_rolled_back_alone(toy: Toy) -> None:
    write = toy.database.write
    outcomes = await held(toy.database, lambda: [write(price, "a"), write(fail), write(price, "b")])
    assert (outcomes[0], outcomes[2]) == ("a", "b")
    assert isinstance(outcomes[1], ZeroDivisionError)
    assert await names(toy) == ["a", "b"]


async def test_a_flush_that_fails_harms_nobody_else(toy: Toy) -> None:
    await toy.add_person("anna")
    again = Person(id="id-anna", email="", password_hash=b"", recipient_id=1, choices={}, created_at=toy.clock.now())
    write = toy.database.write

    def adds_twice(session: Session) -> None:
        session.add(again)

    outcomes = await held(toy.database, lambda: [write(price, "a"), write(adds_twice), write(price, "b")])
    assert (outcomes[0], outcomes[2]) == ("a", "b")
    assert isinstance(outcomes[1], IntegrityError)
    assert await names(toy) == ["a", "b"]


async def test_units_of_a_batch_are_done_in_the_order_in_which_they_came(sqlite_toy: Toy) -> None:
    def numbered(session: Session) -> int:
        count = session.execute(text("SELECT count(*) FROM tariff")).scalar_one()
        price(session, f"{count:03}")
        return int(count)

    crowd = 3 * chassis.database.sqlite.BATCH_UNITS_MAX
    outcomes = await held(sqlite_toy.database, lambda: [sqlite_toy.database.write(numbered) for _ in range(crowd)])
    assert outcomes == list(range(crowd))


async def test_a_crowd_shares_commits(sqlite_toy: Toy) -> None:
    statements: list[str] = []
    await sqlite_toy.database.write(trace, statements)
    await held(sqlite_toy.database, lambda: [sqlite_toy.database.write(price, f"p{n}") for n in range(40)])
    assert len(await names(sqlite_toy)) == 40
    assert statements.count("COMMIT") <= 3  # of the tracing unit, the one that held the writer, and the crowd


def trace(session: Session, statements: list[str]) -> None:
    raw = session.connection().connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.set_trace_callback(statements.append)


async def test_an_answer_comes_after_the_commit(sqlite_toy: Toy, tmp_path: Path) -> None:
    """Nobody of a batch is answered while another of it is still at work."""
    turnstile = Turnstile()

    def crowd() -> list[Awaitable[object]]:
        return [sqlite_toy.database.write(price, "a"), sqlite_toy.database.write(turnstile)]

    holding = asyncio.create_task(held(sqlite_toy.database, crowd))
    await asyncio.to_thread(turnstile.entered.wait, 20)
    assert stored(tmp_path) == []
    assert not holding.done()
    turnstile.let_go()
    assert (await holding)[0] == "a"
    assert stored(tmp_path) == ["a"]


def stored(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "data" / "toy.db")) as other:
        return [name for (name,) in other.execute("SELECT name FROM tariff")]


async def test_a_unit_whose_caller_left_while_it_waited_is_never_done(sqlite_toy: Toy) -> None:
    turnstile = Turnstile()
    holding = asyncio.create_task(sqlite_toy.database.write(turnstile))
    await asyncio.to_thread(turnstile.entered.wait, 20)
    leaving = asyncio.create_task(sqlite_toy.database.write(price, "left"))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    turnstile.let_go()
    await holding
    await sqlite_toy.database.write(price, "next")
    assert await names(sqlite_toy) == ["next"]


async def test_a_unit_that_was_begun_is_committed_though_its_caller_left(toy: Toy) -> None:
    turnstile = Turnstile()

    def slow(session: Session) -> None:
        turnstile(session)
        price(session, "done")

    leaving = asyncio.create_task(toy.database.write(slow))
    await asyncio.to_thread(turnstile.entered.wait, 20)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    turnstile.let_go()
    async with asyncio.timeout(20):
        while await names(toy) != ["done"]:
            await asyncio.sleep(0.01)


async def test_a_turn_that_does_not_come_is_given_up_and_never_taken(
    sqlite_toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    turnstile = Turnstile()
    holding = asyncio.create_task(sqlite_toy.database.write(turnstile))
    await asyncio.to_thread(turnstile.entered.wait, 20)
    monkeypatch.setattr(chassis.database.units, "TURN_SECONDS", 0.05)
    with pytest.raises(TurnTimeout) as refused:
        await sqlite_toy.database.write(price, "late")
    assert is_away(refused.value)
    turnstile.let_go()
    await holding
    assert await names(sqlite_toy) == []


async def test_what_waits_at_the_end_is_done_and_what_comes_later_refused(toy: Toy, url: str) -> None:
    waiting = [asyncio.create_task(toy.database.write(price, f"{number:02}")) for number in range(20)]
    await asyncio.sleep(0)
    await toy.database.close()
    assert await asyncio.gather(*waiting) == [f"{number:02}" for number in range(20)]
    with pytest.raises(DatabaseClosed):
        await toy.database.write(price, "late")
    again = Database(url)
    await again.open()
    count = await again.read(lambda session: session.execute(text("SELECT count(*) FROM tariff")).scalar_one())
    await again.close()
    assert count == 20


async def test_a_full_disk_refuses_who_needs_room_and_nobody_else(sqlite_toy: Toy) -> None:
    write = sqlite_toy.database.write
    await write(lambda session: session.execute(text("PRAGMA max_page_count = 60")).scalar_one())

    def much(session: Session) -> None:
        for number in range(2000):
            price(session, f"much-{number}-{'x' * 200}")

    outcomes = await held(sqlite_toy.database, lambda: [write(price, "a"), write(much), write(price, "b")])
    assert (outcomes[0], outcomes[2]) == ("a", "b")
    assert isinstance(outcomes[1], DBAPIError)
    assert is_away(outcomes[1])
    assert await names(sqlite_toy) == ["a", "b"]


async def test_a_long_reader_keeps_no_writer_waiting(toy: Toy) -> None:
    turnstile = Turnstile()
    reading = asyncio.create_task(toy.database.read(turnstile))
    await asyncio.to_thread(turnstile.entered.wait, 20)
    await toy.database.write(price, "a")
    assert await names(toy) == ["a"]
    turnstile.let_go()
    await reading


async def test_what_is_raised_reaches_the_caller_whatever_it_is(toy: Toy) -> None:
    def stop(_session: Session) -> None:
        raise StopIteration

    with pytest.raises(RuntimeError, match="StopIteration"):
        await toy.database.write(stop)
    with pytest.raises(SystemExit):
        await toy.database.read(lambda _session: exit_())
    assert await toy.database.write(price, "still works") == "still works"


def exit_() -> None:
    raise SystemExit
