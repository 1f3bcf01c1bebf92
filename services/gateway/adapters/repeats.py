"""Repeated requests: an Idempotency-Key is answered by status; the body of the first answer is not kept."""

import asyncio
import hashlib

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from chassis.clock import Clock
from chassis.database import Database
from contracts.errors import ErrorKind, Refusal
from services.gateway.adapters.day_secrets import DaySecrets
from services.gateway.tables import IDEMPOTENCY_RETENTION, RepeatedRequest

KEY_MAX = 128
UNDER_WAY = 0
SWEEP_SECONDS = 3600


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
        if len(key) > KEY_MAX or not key.isprintable():
            raise Refusal(ErrorKind.MALFORMED, "idempotency-key")
        name, body_hash = self._secrets.repeated(session, route, key), hashlib.sha256(body).hexdigest()
        now = self._clock.now()
        try:
            async with self._database.write() as database:
                row = await database.get(RepeatedRequest, name)
                if row is not None and row.at + IDEMPOTENCY_RETENTION > now:
                    return name, _answered(row, body_hash)
                if row is not None:
                    await database.delete(row)
                    await database.flush()
                database.add(RepeatedRequest(key=name, body_hash=body_hash, status=UNDER_WAY, at=now))
        except IntegrityError:
            raise Refusal(ErrorKind.CONFLICT, "request-under-way") from None
        return name, None

    async def end(self, name: str, status: int | None) -> None:
        """Note the answer's status; without one (it failed) the key is free again."""
        async with self._database.write() as database:
            row = await database.get(RepeatedRequest, name)
            if row is not None and status is None:
                await database.delete(row)
            elif row is not None and status is not None:
                row.status = status

    async def run(self) -> None:
        """Forget what is too old to matter, every hour."""
        while True:
            async with self._database.write() as database:
                too_old = col(RepeatedRequest.at) <= self._clock.now() - IDEMPOTENCY_RETENTION
                await database.execute(delete(RepeatedRequest).where(too_old))
            await asyncio.sleep(SWEEP_SECONDS)


def _answered(row: RepeatedRequest, body_hash: str) -> int:
    if row.body_hash != body_hash:
        raise Refusal(ErrorKind.CONFLICT, "key-used-with-another-body")
    if row.status == UNDER_WAY:
        raise Refusal(ErrorKind.CONFLICT, "request-under-way")
    return row.status
