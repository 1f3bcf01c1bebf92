"""Work lists in SQL: rows with `next_attempt_at`, `failures` and `quarantined_at`, each on its own clock.

A row without `next_attempt_at` has nothing left to be done. Lists are read by that column's index alone, and of what is
due the least tried comes first: nobody waits behind rows that cannot go on.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, bindparam, func, select, update

from chassis.database import Session
from services.dsar.domain.attempts import Due, after_failure


class Attempts:
    """The statements for one table whose primary key is the one column `key`."""

    def __init__(self, table: Table, key: str) -> None:
        self._key, self._next = table.c[key], table.c.next_attempt_at
        due = select(self._key, self._next).where(self._next <= bindparam("now"))
        self._due = due.order_by(table.c.failures, self._next).limit(bindparam("most"))
        self._take = self._due.with_for_update(skip_locked=True)
        self._earliest = select(func.min(self._next))
        these = self._key.in_(bindparam("these", expanding=True))
        self._state = select(self._key, table.c.failures, table.c.quarantined_at)
        self._state = self._state.where(these, self._next.is_not(None)).with_for_update()
        self._touch = update(table).where(these, self._next.is_not(None)).values(next_attempt_at=bindparam("now"))
        self._later = update(table).where(self._key == bindparam("of"))
        good = {"next_attempt_at": bindparam("until"), "failures": 0, "quarantined_at": None}
        self._postpone = self._later.where(self._next == bindparam("seen")).values(good)
        self._schedule = self._later.where(self._next.is_not(None)).values(good)
        self._lease = self._later.values(next_attempt_at=bindparam("until"))
        bad: dict[str, Any] = {name: bindparam(name) for name in ("next_attempt_at", "failures", "quarantined_at")}
        self._put_off = self._later.where(self._next.is_not(None)).values(bad)

    def due(self, session: Session, now: datetime, most: int) -> list[Due]:
        """What is due, the least tried first, at most so many."""
        return [Due(key, at) for key, at in session.execute(self._due, {"now": now, "most": most})]

    def take(self, session: Session, now: datetime, lease: timedelta) -> Due | None:
        """One that is due, the least tried first; nobody else gets it before the lease has run out."""
        found = session.execute(self._take, {"now": now, "most": 1}).first()
        if found is None:
            return None
        session.execute(self._lease, {"of": found[0], "until": now + lease})
        return Due(found[0], found[1])

    def next_at(self, session: Session) -> datetime | None:
        """When the earliest of all is due."""
        earliest: datetime | None = session.execute(self._earliest).scalar_one()
        return earliest

    def touch(self, session: Session, keys: Sequence[str], now: datetime) -> None:
        """Make unfinished rows due at once: something has happened to them."""
        session.execute(self._touch, {"these": keys, "now": now})

    def schedule(self, session: Session, until: Mapping[str, datetime]) -> None:
        """Look again at a time, by key, and count as a success."""
        for key, at in until.items():
            session.execute(self._schedule, {"of": key, "until": at})

    def postpone(self, session: Session, until: Mapping[str, datetime], seen: Mapping[str, datetime]) -> None:
        """The same, unless a row has been touched since it was seen to be due at the time in `seen`.

        That is told by the time itself, not by an order of times: of two transactions, the one with the earlier time
        may commit later.
        """
        for key, at in until.items():
            session.execute(self._postpone, {"of": key, "until": at, "seen": seen[key]})

    def put_off(self, session: Session, keys: Sequence[str], now: datetime, *, is_poison: bool) -> list[str]:
        """Count a failure of each and look again later; which of them have just been put into quarantine."""
        quarantined = []
        for key, failed, since in session.execute(self._state, {"these": keys}).all():
            until, is_quarantined = after_failure(failed + 1, now, is_poison=is_poison)
            if is_quarantined and since is None:
                quarantined.append(key)
            row = {"next_attempt_at": until, "failures": failed + 1, "quarantined_at": since}
            if is_quarantined:
                row["quarantined_at"] = since or now
            session.execute(self._put_off, {"of": key, **row})
        return quarantined
