"""What can go wrong with a database, told apart: away for a while, or a bug of ours."""

import sqlite3

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# What a database that is restarting, unreachable or overloaded raises; a background loop waits and tries again.
# SQLite's own error comes out bare where a transaction cannot begin.
DATABASE_FAILURES: tuple[type[Exception], ...] = (SQLAlchemyError, sqlite3.OperationalError, OSError, TimeoutError)

# SQLSTATE classes (PostgreSQL, appendix A) and primary result codes of SQLite that pass by themselves: no connection,
# not enough resources, an operator at work, a deadlock; busy, locked, I/O error, full, cannot open.
PASSING_STATES = frozenset({"08", "53", "55", "57", "40"})
PASSING_CODES = frozenset({5, 6, 10, 13, 14})


class StillBusy(Exception):
    """A reader or another process kept the write-ahead log from being emptied; try again."""


class DatabaseClosed(ConnectionError):
    """The service is ending: its database takes no more work."""


class TurnTimeout(TimeoutError):
    """A unit of work waited longer for its turn than it may; nothing of it was done."""


def is_away(error: BaseException) -> bool:
    """Whether an error says that the database cannot be reached or used now; what else it raises is a bug of ours."""
    if isinstance(error, PoolTimeout | OSError | TimeoutError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    driver = error.orig if isinstance(error, DBAPIError) else error
    state, code = getattr(driver, "sqlstate", None) or "", getattr(driver, "sqlite_errorcode", None) or 0
    if not state and not code:
        return isinstance(error, OperationalError)  # psycopg could not connect: there is no server to name a state
    return state[:2] in PASSING_STATES or code & 0xFF in PASSING_CODES
