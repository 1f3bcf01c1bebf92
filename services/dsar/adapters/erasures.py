"""Erasures in SQL: every step is a conditional update, so that two replicas, or a repetition, do it once."""

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select, update

from chassis.clock import Clock
from chassis.database import Database, wake_after_commit
from chassis.mail import post
from chassis.outbox import enqueue
from contracts.dsar import ERASURE_REQUESTED, Claim, ErasureRequested, State
from contracts.holder import LOCATORS_BY_HOLDER
from contracts.identifiers import new_id
from contracts.personal_data import Locator
from services.dsar.adapters import log
from services.dsar.adapters.letters import LetterTemplates
from services.dsar.adapters.requests import ERASING, forget_party
from services.dsar.domain.case import ErasureRecord, Letter, LetterKind, LoggedReceipt
from services.dsar.domain.erasure import Progress
from services.dsar.tables import TABLES, CaseParty, CaseRecord, Erasure, ErasureLocator, ExpectedReceipt

UNFINISHED_MAX = 2000


class SqlErasures:
    """The erasures of a database."""

    def __init__(self, database: Database, letters: LetterTemplates, clock: Clock) -> None:
        self._database = database
        self._letters = letters
        self._clock = clock

    async def unfinished(self) -> list[Progress]:
        """How far each erasure that is not closed has come, oldest first."""
        query = select(Erasure).where(col(Erasure.closed_at).is_(None)).order_by(col(Erasure.sequence))
        async with self._database.read() as session:
            rows = (await session.execute(query.limit(UNFINISHED_MAX))).scalars().all()
            return await _progress(session, rows)

    async def progress(self, erasure_id: str) -> Progress | None:
        """How far one erasure has come; none once it is closed."""
        query = select(Erasure).where(col(Erasure.erasure_id) == erasure_id, col(Erasure.closed_at).is_(None))
        async with self._database.read() as session:
            found = await _progress(session, (await session.execute(query)).scalars().all())
        return found[0] if found else None

    async def locators(self, erasure_id: str) -> dict[str, list[str]]:
        """Whom it concerns."""
        async with self._database.read() as session:
            return await _locators(session, erasure_id)

    async def ask_holders(self, erasure_id: str, *, again: bool) -> None:
        """Have every holder asked; a second time under a new message id, which the stream takes for a new message."""
        async with self._database.write() as session:
            if again:
                await self._ask_again(session, erasure_id)
            elif await self._step(session, erasure_id, col(Erasure.asked_at)):
                await enqueue(session, TABLES, ERASURE_REQUESTED.subject, _asking(erasure_id), erasure_id)

    async def say_goodbye(self, erasure_id: str, case_id: str, secret: str) -> None:
        """Queue the last letter, to every address that is known."""
        async with self._database.write() as session:
            if not await self._step(session, erasure_id, col(Erasure.goodbye_at)):
                return
            party = await session.get(CaseParty, case_id)
            addresses = (await _locators(session, erasure_id)).get(Locator.EMAIL, [])
            for address in addresses:
                letter = Letter(
                    kind=LetterKind.ERASURE_DONE,
                    address=address,
                    language=party.language if party else "sv",
                    case_id=case_id,
                    case_secret=secret,
                )
                await post(session, TABLES, self._letters.rendered(letter))
            wake_after_commit(session, ERASING)  # so that somebody looks whether it has left

    async def take_turn(self, erasure_id: str, *, ask_again: bool) -> None:
        """From now on our own part may go."""
        async with self._database.write() as session:
            if await self._step(session, erasure_id, col(Erasure.turn_at)) and ask_again:
                await self._ask_again(session, erasure_id)

    async def certify(self, erasure_id: str, case_id: str) -> None:
        """The certificate exists from now on."""
        async with self._database.write() as session:
            if await self._step(session, erasure_id, col(Erasure.certified_at)):
                waiting = State.WAITING_FOR_RECIPIENTS.value
                await session.execute(update(CaseRecord).where(col(CaseRecord.id) == case_id).values(state=waiting))

    async def forget(self, erasure_id: str) -> None:
        """Destroy the identifiers."""
        async with self._database.write() as session:
            await forget_party(session, erasure_id)
            await self._step(session, erasure_id, col(Erasure.forgotten_at))

    async def close(self, erasure_id: str, case_id: str) -> None:
        """Close the case once the write-ahead log no longer holds the identifiers either."""
        await self._database.truncate_wal()
        async with self._database.write() as session:
            if await self._step(session, erasure_id, col(Erasure.closed_at)):
                closed = {"state": State.CLOSED.value, "closed_at": self._clock.now()}
                await session.execute(update(CaseRecord).where(col(CaseRecord.id) == case_id).values(closed))

    async def mark_late(self, erasure_id: str) -> None:
        """Note that somebody was alarmed."""
        async with self._database.write() as session:
            await self._step(session, erasure_id, col(Erasure.late_at))

    async def claim(self, erasure_id: str, holder: str) -> Claim | None:
        """The identifiers of the kinds that the holder declared, while its receipt is open."""
        same = col(ErasureLocator.erasure_id) == col(ExpectedReceipt.erasure_id)
        query = (
            select(Erasure.recorded_at, Erasure.sequence, ExpectedReceipt.received_at)
            .add_columns(col(ErasureLocator.kind), col(ErasureLocator.value))
            .join(ExpectedReceipt, col(ExpectedReceipt.erasure_id) == col(Erasure.erasure_id))
            .outerjoin(ErasureLocator, same & col(ErasureLocator.kind).in_(LOCATORS_BY_HOLDER[holder]))
            .where(col(Erasure.erasure_id) == erasure_id, col(ExpectedReceipt.holder) == holder)
        )
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
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

    async def turn_has_come(self, erasure_id: str) -> bool:
        """Whether our own part may go."""
        async with self._database.read() as session:
            query = select(Erasure.turn_at).where(col(Erasure.erasure_id) == erasure_id)
            return (await session.execute(query)).scalar_one_or_none() is not None

    async def record(self, erasure_id: str) -> ErasureRecord | None:
        """What the certificate is made of."""
        async with self._database.read() as session:
            erasure = await session.get(Erasure, erasure_id)
            if erasure is None or erasure.certified_at is None:
                return None
            case = await session.get_one(CaseRecord, erasure.case_id)
            mine = col(ExpectedReceipt.erasure_id) == erasure_id
            expected = (await session.execute(select(ExpectedReceipt).where(mine))).scalars().all()
            size = await log.size_of(session)
            indexes = [row.leaf_index for row in expected if row.leaf_index is not None]
            root, paths = await log.proofs(session, size, indexes)
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

    async def _step(self, session: AsyncSession, erasure_id: str, column: Any) -> bool:
        """Set the time of a step unless it is set; whether we were the one to set it."""
        first = update(Erasure).where(col(Erasure.erasure_id) == erasure_id, column.is_(None))
        done = await session.execute(first.values({column.key: self._clock.now()}).returning(col(Erasure.erasure_id)))
        return done.first() is not None

    async def _ask_again(self, session: AsyncSession, erasure_id: str) -> None:
        """Under a new message id, which the stream takes for a new message; who has done it repeats its receipt."""
        asked = update(Erasure).where(col(Erasure.erasure_id) == erasure_id)
        await session.execute(asked.values(asked_at=self._clock.now()))
        message_id = f"{erasure_id}.{new_id()}"
        await enqueue(session, TABLES, ERASURE_REQUESTED.subject, _asking(erasure_id), message_id)


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


async def _locators(session: AsyncSession, erasure_id: str) -> dict[str, list[str]]:
    query = select(ErasureLocator.kind, ErasureLocator.value).where(col(ErasureLocator.erasure_id) == erasure_id)
    found: dict[str, list[str]] = {}
    for kind, value in await session.execute(query):
        found.setdefault(kind, []).append(value)
    return found


async def _progress(session: AsyncSession, erasures: Iterable[Erasure]) -> list[Progress]:
    rows = list(erasures)
    waiting = await _waiting(session, [row.erasure_id for row in rows])
    return [
        Progress(
            erasure_id=row.erasure_id,
            case_id=row.case_id,
            requested_at=row.recorded_at,
            asked_at=row.asked_at,
            goodbye_at=row.goodbye_at,
            turn_at=row.turn_at,
            certified_at=row.certified_at,
            forgotten_at=row.forgotten_at,
            late_at=row.late_at,
            holders_waiting=frozenset(waiting.get((row.erasure_id, False), ())),
            recipients_waiting=frozenset(waiting.get((row.erasure_id, True), ())),
            letters_waiting=await _letters_waiting(session, row),
        )
        for row in rows
    ]


async def _waiting(session: AsyncSession, erasure_ids: list[str]) -> dict[tuple[str, bool], list[str]]:
    receipt = ExpectedReceipt
    query = select(receipt.erasure_id, receipt.recipient, receipt.holder)
    query = query.where(col(receipt.erasure_id).in_(erasure_ids), col(receipt.received_at).is_(None))
    found: dict[tuple[str, bool], list[str]] = {}
    for erasure_id, recipient, holder in await session.execute(query):
        found.setdefault((erasure_id, recipient), []).append(holder)
    return found


async def _letters_waiting(session: AsyncSession, erasure: Erasure) -> bool:
    if erasure.goodbye_at is None or erasure.turn_at is not None or TABLES.mail_queue is None:
        return False
    addresses = select(ErasureLocator.value).where(
        col(ErasureLocator.erasure_id) == erasure.erasure_id, col(ErasureLocator.kind) == Locator.EMAIL.value
    )
    queue = TABLES.mail_queue
    count = select(func.count()).select_from(queue).where(queue.c.address.in_(addresses))
    return bool((await session.execute(count)).scalar_one())
