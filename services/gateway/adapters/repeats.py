"""Repeated requests (the header Idempotency-Key): their status is kept for a day, never a body."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import col

from chassis.clock import Clock
from chassis.database import DATABASE_FAILURES, Database, Session, affected, insert_into
from chassis.telemetry import Log
from chassis.worker import regularly
from contracts.errors import ErrorKind, Refusal
from contracts.fields import IDEMPOTENCY_KEY_MAX
from services.gateway.adapters.day_secrets import DaySecrets
from services.gateway.tables import IDEMPOTENCY_RETENTION, Base, RepeatedRequest

UNDER_WAY, UNKNOWN = 0, 1
# Longer than any call may take: a gateway that died in the meantime will not come back to it.
UNDER_WAY_MAX = timedelta(seconds=60)
SWEEP_SECONDS = 3600.0
# After these, the owner may have done the work or not.
OUTCOME_UNKNOWN = frozenset({ErrorKind.TIMEOUT, ErrorKind.UNAVAILABLE, ErrorKind.INTERNAL, ErrorKind.UPSTREAM_FAILED})

log = Log("repeats")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claimed key: the keyed hash that names the request, and the status of its earlier answer, if there was one."""

    name: str
    answered: int | None = None


class Repeats:
    """Remembers, by keyed hash, which keys were used and what they were answered with.

    A request whose outcome is not known (no answer in time, a lost bus, a gateway that died) keeps its key: its
    repetition reaches the owner under the same name, and the owner tells whether it has done the work. Source:
    draft-ietf-httpapi-idempotency-key-header, section 2.6.
    """

    def __init__(self, database: Database, clock: Clock, secrets: DaySecrets) -> None:
        self._database = database
        self._clock = clock
        self._secrets = secrets

    async def begin(self, session: str, route: str, key: str, body: bytes) -> Claimed:
        """Claim a key.

        Raises:
            Refusal: MALFORMED for no key; CONFLICT when it came with another body, or its request is under way.
        """
        if not key or len(key) > IDEMPOTENCY_KEY_MAX or not key.isprintable():
            raise Refusal(ErrorKind.MALFORMED, "idempotency-key")
        known_as = self._secrets.repeated(session, route, key, body)
        try:
            return await self._database.write(_claim, known_as, self._clock.now())
        except DATABASE_FAILURES as error:
            log.warning("database fails", error=error)
            raise Refusal(ErrorKind.UNAVAILABLE, "database", retry_after_seconds=2) from None

    async def answered(self, claimed: Claimed, status: int) -> None:
        """Note the status of the answer."""
        await self._end(claimed, status)

    async def failed(self, claimed: Claimed, refusal: Refusal | None) -> None:
        """Free the key of a request that was refused; keep it where the outcome is unknown (`None`: it broke off)."""
        is_unknown = refusal is None or refusal.kind in OUTCOME_UNKNOWN
        if is_unknown or claimed.answered is not None:
            await self._end(claimed, claimed.answered or UNKNOWN)
        else:
            await self._end(claimed, None)

    async def _end(self, claimed: Claimed, status: int | None) -> None:
        try:
            await self._database.write(_note, claimed.name, status)
        except DATABASE_FAILURES as error:
            # The answer itself is right; its repetition is asked of the owner again, a minute from now.
            log.warning("answer not noted", error=error)

    async def run(self) -> None:
        """Forget what is too old to matter, every hour."""
        await regularly("repeated requests", SWEEP_SECONDS, self._sweep, first_after_seconds=0)

    async def _sweep(self) -> None:
        await self._database.write(_forget, self._clock.now() - IDEMPOTENCY_RETENTION)


def _claim(session: Session, known_as: list[tuple[str, str]], now: datetime) -> Claimed:
    for name, body_hash in known_as:
        row = session.get(RepeatedRequest, name, with_for_update=True)
        if row is not None and row.at + IDEMPOTENCY_RETENTION > now:
            return _claimed(row, body_hash, now)
        if row is not None:
            session.delete(row)
            session.flush()
    name, body_hash = known_as[0]
    values = {"key": name, "body_hash": body_hash, "status": UNDER_WAY, "at": now}
    insert = insert_into(session, Base.metadata.tables[str(RepeatedRequest.__tablename__)])
    if not affected(session, insert.values(values).on_conflict_do_nothing()):  # another gateway was first
        raise Refusal(ErrorKind.CONFLICT, "request-under-way", retry_after_seconds=1)
    return Claimed(name)


def _note(session: Session, name: str, status: int | None) -> None:
    row = session.get(RepeatedRequest, name)
    if row is not None and status is None:
        session.delete(row)
    elif row is not None and status is not None:
        row.status = status


def _forget(session: Session, until: datetime) -> None:
    session.execute(delete(RepeatedRequest).where(col(RepeatedRequest.at) <= until))


def _claimed(row: RepeatedRequest, body_hash: str, now: datetime) -> Claimed:
    if row.body_hash != body_hash:
        raise Refusal(ErrorKind.CONFLICT, "key-used-with-another-body")
    if row.status not in {UNDER_WAY, UNKNOWN}:
        return Claimed(row.key, row.status)
    if row.status == UNDER_WAY and row.at + UNDER_WAY_MAX > now:
        raise Refusal(ErrorKind.CONFLICT, "request-under-way", retry_after_seconds=1)
    row.status, row.at = UNDER_WAY, now
    return Claimed(row.key)
