"""What a unit of work does with its session, beside SQLAlchemy's own: its time, its wake-ups, its counts."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Engine, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from chassis.clock import Clock

__all__ = [
    "Session",
    "affected",
    "insert_into",
    "new_session",
    "now_in",
    "undo",
    "wake_after_commit",
    "when_undone",
    "woken_by",
]

WOKEN, CLOCK, UNDOING = "woken", "clock", "undoing"


def new_session(bind: Engine | Connection, clock: Clock) -> Session:
    """A session for one unit of work; on a connection that is in a transaction already, it leaves the end to it."""
    return Session(bind, expire_on_commit=False, join_transaction_mode="rollback_only", info={CLOCK: clock})


def wake_after_commit(session: Session, name: str) -> None:
    """Mark a session so that whoever waits for `name` is woken once it has committed, and not otherwise."""
    session.info.setdefault(WOKEN, set()).add(name)


def woken_by(session: Session) -> tuple[str, ...]:
    """The names that a session was marked with."""
    return tuple(session.info.get(WOKEN, ()))


def when_undone(session: Session, step: Callable[[], None]) -> None:
    """Have something done if this unit of work fails: for what it left outside the database.

    It is not done if the process dies or the commit itself fails; whoever leaves something looks again at its start.
    """
    session.info.setdefault(UNDOING, []).append(step)


def undo(session: Session) -> None:
    """Do what is to be done when a unit of work has failed."""
    for step in session.info.get(UNDOING, ()):
        step()


def now_in(session: Session) -> datetime:
    """The time of the service that a session belongs to, aware, in UTC."""
    clock: Clock = session.info[CLOCK]
    return clock.now()


def affected(session: Session, statement: Executable, values: Mapping[str, Any] | None = None) -> int:
    """Execute a statement that returns no rows; the number of rows that it inserted, changed or deleted."""
    result = session.execute(
        statement, values, execution_options={"preserve_rowcount": True}
    )  # psycopg closes an INSERT's
    return cast("CursorResult[Any]", result).rowcount


def insert_into(session: Session, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, in the dialect of the session."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
