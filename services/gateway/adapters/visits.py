"""The request log: visit data, written in batches beside the requests, never in their way."""

import asyncio
from collections import deque
from datetime import datetime
from typing import Final

from sqlalchemy import insert

from chassis.clock import Clock, seconds_to_midnight
from chassis.database import Database, Session
from chassis.worker import Worker
from services.gateway.adapters.day_secrets import DaySecrets
from services.gateway.domain import Visit
from services.gateway.tables import ZONE, Base, RequestLog

WAITING_MAX = 10_000
FLUSH_SECONDS = 1.0
INSERT: Final = insert(Base.metadata.tables[str(RequestLog.__tablename__)])

Row = dict[str, datetime | bytes | str | int]


class Visits:
    """Takes visits without waiting; when the database cannot follow, the oldest that wait are dropped."""

    def __init__(self, database: Database, clock: Clock, secrets: DaySecrets) -> None:
        self._database = database
        self._clock = clock
        self._secrets = secrets
        self._waiting: deque[tuple[datetime, Visit]] = deque(maxlen=WAITING_MAX)
        self._flush_at = 0.0
        self._worker = Worker("visits", self._step, database=database)

    def record(self, visit: Visit) -> None:
        """Note a visit; it is written within about a second, with those that come meanwhile."""
        if not self._waiting:
            self._flush_at = asyncio.get_running_loop().time() + FLUSH_SECONDS
            self._worker.wake()
        self._waiting.append((self._clock.now(), visit))

    async def run(self) -> None:
        """Write what waits, and renew the secrets of the day, until cancelled."""
        await self._worker.run()

    async def _step(self) -> float:
        """One round; returns the seconds until the next is due."""
        time = asyncio.get_running_loop().time
        await self._secrets.refresh()
        if self._waiting and time() >= self._flush_at:
            await self.flush()
            self._flush_at = time() + FLUSH_SECONDS
        return self._flush_at - time() if self._waiting else seconds_to_midnight(self._clock.now())

    async def flush(self) -> None:
        """Write what waits."""
        if not self._waiting:
            return
        batch = list(self._waiting)
        await self._database.write(_insert, [self._row(at, visit) for at, visit in batch])
        # Only now: a batch that could not be written waits on. What came meanwhile may have pushed out its oldest.
        written = {id(entry) for entry in batch}
        self._waiting = deque((one for one in self._waiting if id(one) not in written), maxlen=WAITING_MAX)

    def _row(self, at: datetime, visit: Visit) -> Row:
        return {
            "at": at,
            "zone": ZONE,
            "address": self._secrets.seal_address(visit.address),
            "route": visit.route,
            "method": visit.method,
            "status": visit.status,
            "size_bytes": visit.size_bytes,
            "referrer": visit.referrer,
            "browser": visit.browser,
            "system": visit.system,
            "language": visit.language,
        }


def _insert(session: Session, rows: list[Row]) -> None:
    session.execute(INSERT, rows)
