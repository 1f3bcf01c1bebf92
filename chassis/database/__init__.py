"""One service's database: a SQLite file or a PostgreSQL database behind the same two verbs, `write` and `read`."""

from chassis.database.database import Database
from chassis.database.failures import DATABASE_FAILURES, DatabaseClosed, StillBusy, TurnTimeout, is_away
from chassis.database.sessions import Session, affected, insert_into, now_in, wake_after_commit
from chassis.database.types import UtcDateTime

__all__ = [
    "DATABASE_FAILURES",
    "Database",
    "DatabaseClosed",
    "Session",
    "StillBusy",
    "TurnTimeout",
    "UtcDateTime",
    "affected",
    "insert_into",
    "is_away",
    "now_in",
    "wake_after_commit",
]
