"""Erasures in SQL: every step is a conditional update, so that two replicas, or a repetition, do it once."""

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func
from sqlmodel import col, delete, select, update

from chassis.clock import Clock
from chassis.database import Database, Session, affected
from chassis.mail import post
from chassis.outbox import enqueue
from contracts.dsar import ERASURE_REQUESTED, Claim, ErasureRequested, State
from contracts.holder import LOCATORS_BY_HOLDER
from contracts.identifiers import new_id
from contracts.personal_data import Locator
from services.dsar.adapters import receipt_log
from services.dsar.adapters.attempts import Attempts
from services.dsar.adapters.letters import LetterTemplates
from services.dsar.domain.attempts import Due
from services.dsar.domain.case import ErasureRecord, Letter, LetterKind, LoggedReceipt
from services.dsar.domain.erasure import Progress
from services.dsar.tables import TABLES, CaseParty, CaseRecord, Erasure, ErasureLocator, ExpectedReceipt

ERASURES = Attempts(Erasure.__table__, "erasure_id")  # type: ignore[attr-defined] # every table model has one


class SqlErasures:
    """The erasures of a database."""

    def __init__(self, database: Database, templates: LetterTemplates, clock: Clock) -> None:
        self._database = database
        self._templates = templates
        self._clock = clock

    async def due(self, most: int) -> tuple[list[Due], datetime | None]:
        """The erasures to be looked at now, and when the next one is due."""
        return await self._database.read(ERASURES.due, self._clock.now(), most)

    async def postpone(self, due: Due, until: datetime) -> None:
        """Look at an erasure again at a time, or sooner if something happens to it."""
        await self._database.write(ERASURES.postpone, due, until)

    async def fail(self, due: Due, *, is_poison: bool) -> bool:
        """Note that an attempt failed; whether the erasure has just been put into quarantine."""
        return await self._database.write(ERASURES.fail, due, self._clock.now(), is_poison=is_poison)

    async def progress(self, erasure_id: str) -> Progress | None:
        """How far one erasure has come; none once it is closed."""
        return await self._database.read(_progress, erasure_id)

    async def locators(self, erasure_id: str) -> dict[str, list[str]]:
        """Whom it concerns."""
        return await self._database.read(_locators, erasure_id)

    async def ask_holders(self, erasure_id: str, *, again: bool) -> None:
        """Have every holder asked; a second time under a new message id, which the stream takes for a new message."""
        await self._database.write(_ask_holders, erasure_id, again, self._clock.now())

    async def say_goodbye(self, erasure_id: str, case_id: str, secret: str) -> None:
        """Queue the last letter, to every address that is known."""
        await self._database.write(self._say_goodbye, erasure_id, case_id, secret)

    def _say_goodbye(self, session: Session, erasure_id: str, case_id: str, secret: str) -> None:
        if not _step(session, erasure_id, col(Erasure.goodbye_at), self._clock.now()):
            return
        party = session.get(CaseParty, case_id)
        for address in _locators(session, erasure_id).get(Locator.EMAIL, []):
            letter = Letter(
                kind=LetterKind.ERASURE_DONE,
                address=address,
                language=party.language if party else "sv",
                case_id=case_id,
                case_secret=secret,
            )
            post(session, TABLES, self._templates.rendered(letter))

    async def take_turn(self, erasure_id: str, *, ask_again: bool) -> None:
        """From now on our own part may go."""
        await self._database.write(_take_turn, erasure_id, ask_again, self._clock.now())

    async def certify(self, erasure_id: str, case_id: str) -> None:
        """The certificate exists from now on."""
        await self._database.write(_certify, erasure_id, case_id, self._clock.now())

    async def forget(self, erasure_id: str) -> None:
        """Destroy the identifiers."""
        await self._database.write(_forget, erasure_id, self._clock.now())

    async def close(self, erasure_id: str, case_id: str) -> None:
        """Close the case once the write-ahead log no longer holds the identifiers either."""
        await self._database.truncate_wal()
        await self._database.write(_close, erasure_id, case_id, self._clock.now())

    async def mark_late(self, erasure_id: str) -> None:
        """Note that somebody was alarmed."""
        await self._database.write(_step, erasure_id, col(Erasure.late_at), self._clock.now())

    async def claim(self, erasure_id: str, holder: str) -> Claim | None:
        """The identifiers of the kinds that the holder declared, while its receipt is open."""
        return await self._database.read(_claim, erasure_id, holder)

    async def turn_has_come(self, erasure_id: str) -> bool:
        """Whether our own part may go."""
        return await self._database.read(_turn_has_come, erasure_id)

    async def record(self, erasure_id: str) -> ErasureRecord | None:
        """What the certificate is made of."""
        return await self._database.read(_record, erasure_id)


def _ask_holders(session: Session, erasure_id: str, again: bool, now: datetime) -> None:
    if again:
        _ask_again(session, erasure_id, now)
    elif _step(session, erasure_id, col(Erasure.asked_at), now):
        enqueue(session, TABLES, ERASURE_REQUESTED.subject, _asking(erasure_id), erasure_id)


def _take_turn(session: Session, erasure_id: str, ask_again: bool, now: datetime) -> None:
    if _step(session, erasure_id, col(Erasure.turn_at), now) and ask_again:
        _ask_again(session, erasure_id, now)


def _certify(session: Session, erasure_id: str, case_id: str, now: datetime) -> None:
    if _step(session, erasure_id, col(Erasure.certified_at), now):
        waiting = State.WAITING_FOR_RECIPIENTS.value
        session.execute(update(CaseRecord).where(col(CaseRecord.id) == case_id).values(state=waiting))


def _forget(session: Session, erasure_id: str, now: datetime) -> None:
    session.execute(delete(ErasureLocator).where(col(ErasureLocator.erasure_id) == erasure_id))
    _step(session, erasure_id, col(Erasure.forgotten_at), now)


def _close(session: Session, erasure_id: str, case_id: str, now: datetime) -> None:
    if _step(session, erasure_id, col(Erasure.closed_at), now):
        done = {"next_attempt_at": None, "failures": 0, "quarantined_at": None}
        session.execute(update(Erasure).where(col(Erasure.erasure_id) == erasure_id).values(done))
        closed = {"state": State.CLOSED.value, "closed_at": now}
        session.execute(update(CaseRecord).where(col(CaseRecord.id) == case_id).values(closed))


def _claim(session: Session, erasure_id: str, holder: str) -> Claim | None:
    same = col(ErasureLocator.erasure_id) == col(ExpectedReceipt.erasure_id)
    query = (
        select(Erasure.recorded_at, Erasure.sequence, ExpectedReceipt.received_at)
        .add_columns(col(ErasureLocator.kind), col(ErasureLocator.value))
        .join(ExpectedReceipt, col(ExpectedReceipt.erasure_id) == col(Erasure.erasure_id))
        .outerjoin(ErasureLocator, same & col(ErasureLocator.kind).in_(LOCATORS_BY_HOLDER[holder]))
        .where(col(Erasure.erasure_id) == erasure_id, col(ExpectedReceipt.holder) == holder)
    )
    rows = session.execute(query).all()
    if not rows:
        return None
    requested_at, sequence, received_at = rows[0][:3]
    if received_at is not None:
        return Claim(done=True, requested_at=requested_at, sequence=sequence)
    told: dict[Locator, list[str]] = {}
    for _, _, _, kind, value in rows:
        if kind is not None:
            told.setdefault(Locator(kind), []).append(value)
    if Locator.ERASURE_ID in LOCATORS_BY_HOLDER[holder]:
        told[Locator.ERASURE_ID] = [erasure_id]
    return Claim(done=False, locators=told, requested_at=requested_at, sequence=sequence)


def _turn_has_come(session: Session, erasure_id: str) -> bool:
    erasure = session.get(Erasure, erasure_id)
    return erasure is not None and erasure.turn_at is not None


def _record(session: Session, erasure_id: str) -> ErasureRecord | None:
    erasure = session.get(Erasure, erasure_id)
    if erasure is None or erasure.certified_at is None:
        return None
    case = session.get_one(CaseRecord, erasure.case_id)
    mine = col(ExpectedReceipt.erasure_id) == erasure_id
    expected = session.execute(select(ExpectedReceipt).where(mine)).scalars().all()
    size = receipt_log.size_of(session)
    indexes = [row.leaf_index for row in expected if row.leaf_index is not None]
    root, paths = receipt_log.proofs(session, size, indexes)
    return ErasureRecord(
        case_id=case.id,
        erasure_id=erasure_id,
        state=case.state,
        received_at=case.recorded_at,
        requested_at=erasure.recorded_at,
        completed_at=erasure.certified_at,
        closed_at=case.closed_at,
        commitments=erasure.commitments,
        superseded=erasure.superseded,
        receipts={row.holder: _logged(row, paths) for row in expected if row.leaf_index is not None},
        tree_size=size,
        root_hash=root,
    )


def _step(session: Session, erasure_id: str, column: Any, now: datetime) -> bool:
    """Set the time of a step unless it is set; whether we were the one to set it."""
    first = update(Erasure).where(col(Erasure.erasure_id) == erasure_id, column.is_(None))
    count: int = affected(session, first.values({column.key: now}))
    return count == 1


def _ask_again(session: Session, erasure_id: str, now: datetime) -> None:
    """Under a new message id, which the stream takes for a new message; who has done it repeats its receipt."""
    session.execute(update(Erasure).where(col(Erasure.erasure_id) == erasure_id).values(asked_at=now))
    enqueue(session, TABLES, ERASURE_REQUESTED.subject, _asking(erasure_id), f"{erasure_id}.{new_id()}")


def _asking(erasure_id: str) -> bytes:
    return ErasureRequested(erasure_id=erasure_id).model_dump_json().encode()


def _logged(row: ExpectedReceipt, paths: dict[int, list[str]]) -> LoggedReceipt:
    index = row.leaf_index or 0
    return LoggedReceipt(
        holder=row.holder,
        receipt=orjson.loads(row.receipt or b"{}"),
        leaf_index=index,
        inclusion_proof=paths[index],
    )


def _locators(session: Session, erasure_id: str) -> dict[str, list[str]]:
    query = select(ErasureLocator.kind, ErasureLocator.value).where(col(ErasureLocator.erasure_id) == erasure_id)
    found: dict[str, list[str]] = {}
    for kind, value in session.execute(query):
        found.setdefault(kind, []).append(value)
    return found


def _progress(session: Session, erasure_id: str) -> Progress | None:
    row = session.get(Erasure, erasure_id)
    if row is None or row.closed_at is not None:
        return None
    receipt = ExpectedReceipt
    waiting = select(receipt.recipient, receipt.holder).where(
        col(receipt.erasure_id) == erasure_id, col(receipt.received_at).is_(None)
    )
    found = [(recipient, holder) for recipient, holder in session.execute(waiting)]
    return Progress(
        erasure_id=row.erasure_id,
        case_id=row.case_id,
        requested_at=row.recorded_at,
        asked_at=row.asked_at,
        goodbye_at=row.goodbye_at,
        turn_at=row.turn_at,
        certified_at=row.certified_at,
        forgotten_at=row.forgotten_at,
        late_at=row.late_at,
        holders_waiting=frozenset(holder for recipient, holder in found if not recipient),
        recipients_waiting=frozenset(holder for recipient, holder in found if recipient),
        letters_waiting=_letters_waiting(session, row),
    )


def _letters_waiting(session: Session, erasure: Erasure) -> bool:
    if erasure.goodbye_at is None or erasure.turn_at is not None or TABLES.mail_queue is None:
        return False
    addresses = select(ErasureLocator.value).where(
        col(ErasureLocator.erasure_id) == erasure.erasure_id, col(ErasureLocator.kind) == Locator.EMAIL.value
    )
    queue = TABLES.mail_queue
    count = select(func.count()).select_from(queue).where(queue.c.address.in_(addresses))
    return bool(session.execute(count).scalar_one())
