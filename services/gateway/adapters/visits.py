"""The request log: visit data, written in batches beside the requests, never in their way."""

import asyncio
from collections import deque
from datetime import datetime
from typing import Final

from sqlalchemy import insert

from chassis.clock import Clock
from chassis.database import DATABASE_FAILURES, Database, Session
from chassis.telemetry import Log
from services.gateway.adapters.day_secrets import DaySecrets
from services.gateway.domain import Visit
from services.gateway.tables import ZONE, Base, RequestLog

WAITING_MAX = 10_000
FLUSH_SECONDS = 1.0
INSERT: Final = insert(Base.metadata.tables[str(RequestLog.__tablename__)])

Row = dict[str, datetime | bytes | str | int]

log = Log("visits")


class Visits:
    """Takes visits without waiting; when the database cannot follow, the oldest that wait are dropped."""

    def __init__(self, database: Database, clock: Clock, secrets: DaySecrets) -> None:
        self._database = database
        self._clock = clock
        self._secrets = secrets
        self._waiting: deque[tuple[datetime, Visit]] = deque(maxlen=WAITING_MAX)

    def record(self, visit: Visit) -> None:
        """Note a visit."""
        self._waiting.append((self._clock.now(), visit))

    async def run(self) -> None:
        """Write what waits, every second; renew the secrets of the day."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self._secrets.refresh()
                await self.flush()
            except DATABASE_FAILURES as error:
                log.warning("visits wait for the database", error=error)

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
