"""Repeated requests: an Idempotency-Key is answered by status; the body of the first answer is not kept."""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chassis.clock import Clock
from chassis.database import DATABASE_FAILURES, Database
from chassis.telemetry import Log
from chassis.worker import regularly
from contracts.errors import ErrorKind, Refusal
from contracts.fields import IDEMPOTENCY_KEY_MAX
from services.gateway.adapters.day_secrets import DaySecrets
from services.gateway.tables import IDEMPOTENCY_RETENTION, RepeatedRequest

UNDER_WAY = 0
# Longer than any call may take: a gateway that died in the meantime will not come back to it.
UNDER_WAY_MAX = timedelta(seconds=60)
SWEEP_SECONDS = 3600.0

log = Log("repeats")


class Repeats:
    """Remembers, by keyed hash, which keys were used and what they were answered with."""

    def __init__(self, database: Database, clock: Clock, secrets: DaySecrets) -> None:
        self._database = database
        self._clock = clock
        self._secrets = secrets

    async def begin(self, session: str, route: str, key: str, body: bytes) -> tuple[str, int | None]:
        """Claim a key: its name, and the status of the earlier answer if there was one.

        Raises:
            Refusal: CONFLICT when the key came with another body, or its first request is under way.
        """
        if not key or len(key) > IDEMPOTENCY_KEY_MAX or not key.isprintable():
            raise Refusal(ErrorKind.MALFORMED, "idempotency-key")
        known_as = self._secrets.repeated(session, route, key, body)
        try:
            async with self._database.write() as database:
                return await self._claim(database, known_as)
        except IntegrityError:
            raise Refusal(ErrorKind.CONFLICT, "request-under-way") from None
        except DATABASE_FAILURES as error:
            log.warning("database fails", error=error)
            raise Refusal(ErrorKind.UNAVAILABLE, "database", retry_after_seconds=2) from None

    async def _claim(self, database: AsyncSession, known_as: list[tuple[str, str]]) -> tuple[str, int | None]:
        now = self._clock.now()
        for name, body_hash in known_as:
            row = await database.get(RepeatedRequest, name, with_for_update=True)
            if row is None:
                continue
            if row.at + (UNDER_WAY_MAX if row.status == UNDER_WAY else IDEMPOTENCY_RETENTION) > now:
                return name, _answered(row, body_hash)
            await database.delete(row)
            await database.flush()
        name, body_hash = known_as[0]
        database.add(RepeatedRequest(key=name, body_hash=body_hash, status=UNDER_WAY, at=now))
        return name, None

    async def end(self, name: str, status: int | None) -> None:
        """Note the answer's status; without one (it failed) the key is free again."""
        try:
            async with self._database.write() as database:
                row = await database.get(RepeatedRequest, name)
                if row is not None and status is None:
                    await database.delete(row)
                elif row is not None and status is not None:
                    row.status = status
        except DATABASE_FAILURES as error:
            log.warning("answer not noted", error=error)  # the answer itself is right; the key is free in a minute

    async def run(self) -> None:
        """Forget what is too old to matter, every hour."""
        await regularly("repeated requests", SWEEP_SECONDS, self._sweep, first_after_seconds=0)

    async def _sweep(self) -> None:
        async with self._database.write() as database:
            too_old = col(RepeatedRequest.at) <= self._clock.now() - IDEMPOTENCY_RETENTION
            await database.execute(delete(RepeatedRequest).where(too_old))


def _answered(row: RepeatedRequest, body_hash: str) -> int:
    if row.body_hash != body_hash:
        raise Refusal(ErrorKind.CONFLICT, "key-used-with-another-body")
    if row.status == UNDER_WAY:
        raise Refusal(ErrorKind.CONFLICT, "request-under-way", retry_after_seconds=1)
    return row.status
