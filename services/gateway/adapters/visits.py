"""The request log: visit data, written in batches beside the requests, never in their way."""

import asyncio
from collections import deque
from datetime import datetime

from chassis.clock import Clock
from chassis.database import Database
from services.gateway.adapters.day_secrets import DaySecrets
from services.gateway.domain import Visit
from services.gateway.tables import RequestLog

WAITING_MAX = 10_000
FLUSH_SECONDS = 1.0


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
            await self._secrets.refresh()
            await self.flush()

    async def flush(self) -> None:
        """Write what waits."""
        if not self._waiting:
            return
        batch = list(self._waiting)
        self._waiting.clear()
        async with self._database.write() as session:
            session.add_all(self._row(at, visit) for at, visit in batch)

    def _row(self, at: datetime, visit: Visit) -> RequestLog:
        return RequestLog(
            at=at,
            address=self._secrets.seal_address(visit.address),
            route=visit.route,
            method=visit.method,
            status=visit.status,
            size_bytes=visit.size_bytes,
            referrer=visit.referrer,
            browser=visit.browser,
            system=visit.system,
            language=visit.language,
        )
