"""Work lists in SQL: rows with `next_attempt_at`, `failures` and `quarantined_at`, each on its own clock.

A row without `next_attempt_at` has nothing left to be done. Lists are read by that column's index alone, so nobody
waits behind rows that cannot go on.
"""

from datetime import datetime

from sqlalchemy import Table, bindparam, func, select, update

from chassis.database import Session
from services.dsar.domain.attempts import Due, after_failure


class Attempts:
    """The statements for one table whose primary key is the one column `key`."""

    def __init__(self, table: Table, key: str) -> None:
        self._key, self._next = table.c[key], table.c.next_attempt_at
        due = select(self._key, self._next).where(self._next <= bindparam("now"))
        self._due = due.order_by(self._next).limit(bindparam("most"))
        self._earliest = select(func.min(self._next))
        mine = self._key == bindparam("of")
        unchanged = self._next == bindparam("seen")
        self._state = select(self._next, table.c.failures, table.c.quarantined_at).where(mine).with_for_update()
        self._postpone = update(table).where(mine, unchanged)
        self._touch = update(table).where(mine, self._next.is_not(None)).values(next_attempt_at=bindparam("now"))
        self._fail = update(table).where(mine, self._next.is_not(None))

    def due(self, session: Session, now: datetime, most: int) -> tuple[list[Due], datetime | None]:
        """What is due, the longest overdue first, at most so many; and when the earliest of all is due."""
        rows = session.execute(self._due, {"now": now, "most": most})
        return [Due(key, at) for key, at in rows], session.execute(self._earliest).scalar_one()

    def touch(self, session: Session, key: str, now: datetime) -> None:
        """Make an unfinished row due at once: something has happened to it."""
        session.execute(self._touch, {"of": key, "now": now})

    def postpone(self, session: Session, due: Due, until: datetime) -> None:
        """Look again at a time, and count the attempt as a success; unless something has happened meanwhile."""
        values = {"next_attempt_at": until, "failures": 0, "quarantined_at": None}
        session.execute(self._postpone.values(values), {"of": due.key, "seen": due.at})

    def fail(self, session: Session, due: Due, now: datetime, *, is_poison: bool) -> bool:
        """Count a failure and look again later; whether the row has just been put into quarantine."""
        found = session.execute(self._state, {"of": due.key}).first()
        if found is None or found.next_attempt_at is None:
            return False
        failures, quarantined_at = found.failures + 1, found.quarantined_at
        until, is_quarantined = after_failure(failures, now, is_poison=is_poison)
        if is_quarantined:
            quarantined_at = quarantined_at or now
        values = {"next_attempt_at": until, "failures": failures, "quarantined_at": quarantined_at}
        session.execute(self._fail.values(values), {"of": due.key})
        return is_quarantined and found.quarantined_at is None
