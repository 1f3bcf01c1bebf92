"""Cases in SQL: each method is one transaction, letters and expected receipts included."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, delete, select, update

from chassis.clock import Clock
from chassis.database import Database, insert_into, wake_after_commit
from chassis.mail import post
from contracts.dsar import Right, State
from contracts.holder import HOLDERS, RECIPIENT_HOLDERS
from services.dsar.adapters.letters import LetterTemplates
from services.dsar.domain.case import CaseView, Held, Letter, NewCase, NewErasure
from services.dsar.domain.deadline import PACKAGE_KEPT
from services.dsar.tables import (
    TABLES,
    CaseParty,
    CaseRecord,
    Erasure,
    ErasureLocator,
    ExpectedReceipt,
    LedgerEntry,
    LookupNotice,
)

CASES_MAX = 200
GATHER_BATCH = 20
# Woken when there is something to gather, or an erasure can go on.
GATHERING, ERASING = "gathering", "erasing"
PACKAGED = frozenset({Right.ACCESS, Right.PORTABILITY})


class SqlRequests:
    """The cases of a database."""

    def __init__(self, database: Database, letters: LetterTemplates, clock: Clock) -> None:
        self._database = database
        self._letters = letters
        self._clock = clock

    async def record(self, case: NewCase, letters: Sequence[Letter]) -> None:
        """Record a case and queue its letters."""
        async with self._database.write() as session:
            session.add_all(_rows_of(case, erasure_id=None))
            await self._post(session, letters)
            wake_after_commit(session, GATHERING)

    async def record_erasure(self, case: NewCase, erasure: NewErasure, letters: Sequence[Letter]) -> bool:
        """Record everything that an erasure needs to go through by itself from here on."""
        try:
            async with self._database.write() as session:
                session.add_all(_rows_of(case, erasure.erasure_id))
                await session.flush()  # the account's second erasure fails here, before anything else is read
                entry = LedgerEntry(erasure_id=erasure.erasure_id, recorded_at=case.received_at, hashes=erasure.hashes)
                session.add(entry)
                await session.flush()
                superseded = await self._supersede(session, case)
                session.add(_erasure_row(case, erasure, entry.sequence or 0, superseded))
                session.add_all(_expected(case, erasure))
                session.add_all(_locators(case, erasure))
                await self._post(session, letters)
                wake_after_commit(session, ERASING)
        except IntegrityError:
            return False
        return True

    async def erasure_case_of(self, account_id: str) -> CaseView | None:
        """The case of the account's erasure."""
        async with self._database.read() as session:
            found = await _views(session, col(CaseParty.erasing_account) == account_id)
        return found[0] if found else None

    async def case(self, case_id: str) -> CaseView | None:
        """A case."""
        async with self._database.read() as session:
            found = await _views(session, col(CaseRecord.id) == case_id)
        return found[0] if found else None

    async def cases_of(self, account_id: str) -> list[CaseView]:
        """An account's cases, newest first."""
        async with self._database.read() as session:
            return await _views(session, col(CaseParty.account_id) == account_id)

    async def to_gather(self) -> list[CaseView]:
        """The cases whose package has not been gathered yet."""
        async with self._database.read() as session:
            found = await _views(session, col(CaseRecord.state) == State.GATHERING)
        return found[::-1][:GATHER_BATCH]

    async def gathered(self, case_id: str, letters: Sequence[Letter]) -> None:
        """The package can be fetched, for seven days."""
        now = self._clock.now()
        mine = (col(CaseRecord.id) == case_id) & (col(CaseRecord.state) == State.GATHERING)
        closed = {"state": State.CLOSED.value, "closed_at": now, "package_until": now + PACKAGE_KEPT}
        async with self._database.write() as session:
            changed = await session.execute(update(CaseRecord).where(mine).values(closed).returning(col(CaseRecord.id)))
            if changed.first() is not None:
                await self._post(session, letters)

    async def note_lookup(self, address_hash: str, letter: Letter) -> None:
        """Write to an address, unless it was written to today."""
        async with self._database.write() as session:
            table: Any = LookupNotice.__table__  # type: ignore[attr-defined] # every table model has one
            noted = insert_into(session, table).values(address_hash=address_hash, recorded_at=self._clock.now())
            first = await session.execute(noted.on_conflict_do_nothing().returning(table.c.address_hash))
            if first.first() is not None:
                await self._post(session, [letter])

    async def _post(self, session: AsyncSession, letters: Iterable[Letter]) -> None:
        for letter in letters:
            await post(session, TABLES, self._letters.rendered(letter))

    async def _supersede(self, session: AsyncSession, case: NewCase) -> list[dict[str, Any]]:
        """Close the person's other cases: there will be nothing left to give, correct or restrict."""
        other = select(CaseRecord).join(CaseParty, col(CaseParty.case_id) == col(CaseRecord.id))
        other = other.where(col(CaseParty.account_id) == case.account_id, col(CaseRecord.id) != case.id)
        superseded = []
        for record in (await session.execute(other)).scalars():
            fetchable = record.package_until is not None and record.package_until > case.received_at
            if record.state == State.CLOSED and not fetchable:
                continue
            superseded.append({"id": record.id, "right": record.right, "fetchable": fetchable})
            record.state, record.closed_at = State.CLOSED.value, record.closed_at or case.received_at
            record.package_until = case.received_at if record.right in PACKAGED else None
        return superseded


async def forget_party(session: AsyncSession, erasure_id: str) -> None:
    """Destroy the identifiers of an erasure."""
    await session.execute(delete(ErasureLocator).where(col(ErasureLocator.erasure_id) == erasure_id))


def _rows_of(case: NewCase, erasure_id: str | None) -> tuple[CaseRecord, CaseParty]:
    record = CaseRecord(
        id=case.id,
        right=case.right,
        state=case.state,
        recorded_at=case.received_at,
        due_at=case.due_at,
        account_hash=case.account_hash,
        erasure_id=erasure_id,
    )
    party = CaseParty(
        case_id=case.id,
        account_id=case.account_id,
        erasing_account=case.account_id if erasure_id else None,
        right=case.right,
        details=case.details,
        language=case.language,
        received_at=case.received_at,
        due_at=case.due_at,
    )
    return record, party


def _erasure_row(case: NewCase, erasure: NewErasure, sequence: int, superseded: list[dict[str, Any]]) -> Erasure:
    return Erasure(
        erasure_id=erasure.erasure_id,
        case_id=case.id,
        sequence=sequence,
        recorded_at=case.received_at,
        commitments=erasure.commitments,
        superseded=superseded,
    )


def _expected(case: NewCase, erasure: NewErasure) -> list[ExpectedReceipt]:
    return [
        ExpectedReceipt(
            erasure_id=erasure.erasure_id,
            holder=holder,
            recipient=holder in RECIPIENT_HOLDERS,
            recorded_at=case.received_at,
        )
        for holder in HOLDERS
    ]


def _locators(case: NewCase, erasure: NewErasure) -> list[ErasureLocator]:
    return [
        ErasureLocator(erasure_id=erasure.erasure_id, kind=kind, value=value, recorded_at=case.received_at)
        for kind, values in erasure.locators.items()
        for value in sorted(set(values))
    ]


async def _views(session: AsyncSession, condition: Any) -> list[CaseView]:
    query = select(CaseRecord, CaseParty).outerjoin(CaseParty, col(CaseParty.case_id) == col(CaseRecord.id))
    query = query.where(condition).order_by(col(CaseRecord.recorded_at).desc(), col(CaseRecord.id)).limit(CASES_MAX)
    rows = [(record, party) for record, party in (await session.execute(query)).tuples()]
    held = await _held(session, [record.erasure_id for record, _ in rows if record.erasure_id])
    return [_view(record, party, held.get(record.erasure_id or "", {})) for record, party in rows]


async def _held(session: AsyncSession, erasure_ids: list[str]) -> dict[str, dict[str, Held]]:
    if not erasure_ids:
        return {}
    receipt = ExpectedReceipt
    query = select(receipt.erasure_id, receipt.holder, receipt.recipient, receipt.received_at)
    found: dict[str, dict[str, Held]] = {}
    for erasure_id, holder, recipient, at in await session.execute(
        query.where(col(receipt.erasure_id).in_(erasure_ids))
    ):
        found.setdefault(erasure_id, {})[holder] = Held(holder=holder, recipient=recipient, received_at=at)
    return found


def _view(record: CaseRecord, party: CaseParty | None, held: dict[str, Held]) -> CaseView:
    return CaseView(
        id=record.id,
        right=record.right,
        state=record.state,
        received_at=record.recorded_at,
        due_at=record.due_at,
        package_until=record.package_until,
        erasure_id=record.erasure_id,
        account_id=party.account_id if party else None,
        language=party.language if party else "sv",
        holders=tuple(held[holder] for holder in HOLDERS if holder in held),
    )
