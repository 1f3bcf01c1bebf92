"""Cases in SQL: each method is one unit of work, letters and expected receipts included."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam
from sqlmodel import col, select, update

from chassis.clock import Clock
from chassis.database import Database, Session, affected, insert_into, wake_after_commit
from chassis.mail import Letter as MailLetter
from chassis.mail import post
from contracts.dsar import Right, State
from contracts.holder import HOLDERS, RECIPIENT_HOLDERS
from kernel.erasure_receipt import Coverage
from services.dsar.adapters.attempts import Attempts
from services.dsar.adapters.letters import LetterTemplates
from services.dsar.domain.attempts import Due
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
    LookupLetter,
    OpeningRequest,
)

CASES_MAX = 200
# Woken when there is something to gather, or an erasure can go on.
GATHERING, ERASING = "gathering", "erasing"
PACKAGED = frozenset({Right.ACCESS, Right.PORTABILITY})
PARTY: Any = CaseParty.__table__  # type: ignore[attr-defined] # every table model has one
LOOKUP: Any = LookupLetter.__table__  # type: ignore[attr-defined]
OPENING: Any = OpeningRequest.__table__  # type: ignore[attr-defined]
RECEIPT: Any = ExpectedReceipt.__table__  # type: ignore[attr-defined]
SHOWN = tuple(RECEIPT.c[name] for name in ("erasure_id", "holder", "recipient", "received_at", "refused"))
OF_ERASURES = RECEIPT.c.erasure_id.in_(bindparam("of", expanding=True))
HELD = RECEIPT.select().with_only_columns(*SHOWN).where(OF_ERASURES)
PACKAGES = Attempts(CaseRecord.__table__, "id")  # type: ignore[attr-defined]


class SqlRequests:
    """The cases of a database. `coverage`: what the receipt of each holder must cover from now on."""

    def __init__(
        self, database: Database, templates: LetterTemplates, clock: Clock, coverage: Mapping[str, Coverage]
    ) -> None:
        self._database = database
        self._templates = templates
        self._clock = clock
        self._coverage = coverage

    async def record(self, case: NewCase, letters: Sequence[Letter], idempotency_key: str | None) -> str:
        """Record a case and queue its letters; the id of the case that the key stands for, maybe an earlier one."""
        return await self._database.write(_record, case, self._rendered(letters), idempotency_key)

    async def record_erasure(self, case: NewCase, erasure: NewErasure, letters: Sequence[Letter]) -> bool:
        """Record all that an erasure needs to go through by itself; false, and nothing, if the account has one."""
        return await self._database.write(_record_erasure, case, erasure, self._rendered(letters), self._coverage)

    async def opened_by(self, account_id: str, idempotency_key: str) -> CaseView | None:
        """The case that an earlier request with the account's key opened."""
        return await self._database.read(_opened_by, account_id, idempotency_key)

    async def erasure_case_of(self, account_id: str) -> CaseView | None:
        """The case of the account's erasure."""
        return await self._database.read(_first, col(CaseParty.erasing_account) == account_id)

    async def case(self, case_id: str) -> CaseView | None:
        """A case."""
        return await self._database.read(_first, col(CaseRecord.id) == case_id)

    async def cases_of(self, account_id: str) -> list[CaseView]:
        """An account's cases, newest first."""
        return await self._database.read(_views, col(CaseParty.account_id) == account_id)

    async def due(self, most: int) -> tuple[list[Due], datetime | None]:
        """The cases whose package is to be gathered now, and when the next one is due."""
        return await self._database.read(PACKAGES.due, self._clock.now(), most)

    async def fail(self, due: Due, *, is_poison: bool) -> bool:
        """Note that a package could not be gathered; whether its case has just been put into quarantine."""
        return await self._database.write(PACKAGES.fail, due, self._clock.now(), is_poison=is_poison)

    async def gathered(self, case_id: str, letters: Sequence[Letter]) -> None:
        """The package can be fetched, for seven days."""
        await self._database.write(_gathered, case_id, self._clock.now(), self._rendered(letters))

    async def note_lookup(self, address_hash: str, letter: Letter) -> None:
        """Write to an address, unless it was written to today."""
        await self._database.write(_note_lookup, address_hash, self._clock.now(), self._rendered([letter]))

    def _rendered(self, letters: Iterable[Letter]) -> list[MailLetter]:
        return [self._templates.rendered(letter) for letter in letters]


def _record(session: Session, case: NewCase, letters: list[MailLetter], idempotency_key: str | None) -> str:
    if idempotency_key is not None:
        earlier = _claim_key(session, case, idempotency_key)
        if earlier is not None:
            return earlier
    session.add_all(_rows_of(case, erasure_id=None))
    _post(session, letters)
    wake_after_commit(session, GATHERING)
    return case.id


def _claim_key(session: Session, case: NewCase, idempotency_key: str) -> str | None:
    """Take the key for a case; the id of the case that has it already."""
    account_id, at = case.account_id, case.received_at
    row = {"account_id": account_id, "idempotency_key": idempotency_key, "case_id": case.id, "recorded_at": at}
    if affected(session, insert_into(session, OPENING).values(row).on_conflict_do_nothing()):
        return None
    mine = (OPENING.c.account_id == account_id) & (OPENING.c.idempotency_key == idempotency_key)
    found: str = session.execute(select(OPENING.c.case_id).where(mine)).scalar_one()
    return found


def _record_erasure(
    session: Session, case: NewCase, erasure: NewErasure, letters: list[MailLetter], coverage: Mapping[str, Coverage]
) -> bool:
    record, party = _rows_of(case, erasure.erasure_id)
    values = {column.name: getattr(party, column.name) for column in PARTY.columns}
    only = insert_into(session, PARTY).values(values).on_conflict_do_nothing(index_elements=["erasing_account"])
    if not affected(session, only):  # the account's second erasure ends here, before anything else is read
        return False
    entry = LedgerEntry(erasure_id=erasure.erasure_id, recorded_at=case.received_at, hashes=erasure.hashes)
    session.add_all([record, entry])
    session.flush()
    superseded = _supersede(session, case)
    session.add(_erasure_row(case, erasure, entry.sequence or 0, superseded))
    session.add_all(_expected(case, erasure, coverage))
    session.add_all(_locators(case, erasure))
    _post(session, letters)
    wake_after_commit(session, ERASING)
    return True


def _opened_by(session: Session, account_id: str, idempotency_key: str) -> CaseView | None:
    mine = (OPENING.c.account_id == account_id) & (OPENING.c.idempotency_key == idempotency_key)
    case_id = session.execute(select(OPENING.c.case_id).where(mine)).scalar_one_or_none()
    return None if case_id is None else _first(session, col(CaseRecord.id) == case_id)


def _gathered(session: Session, case_id: str, now: datetime, letters: list[MailLetter]) -> None:
    mine = (col(CaseRecord.id) == case_id) & (col(CaseRecord.state) == State.GATHERING.value)
    closed = {"state": State.CLOSED.value, "closed_at": now, "package_until": now + PACKAGE_KEPT}
    done = {**closed, "next_attempt_at": None, "failures": 0, "quarantined_at": None}
    if affected(session, update(CaseRecord).where(mine).values(done)):
        _post(session, letters)


def _note_lookup(session: Session, address_hash: str, now: datetime, letters: list[MailLetter]) -> None:
    noted = insert_into(session, LOOKUP).values(address_hash=address_hash, recorded_at=now)
    if affected(session, noted.on_conflict_do_nothing()):
        _post(session, letters)


def _post(session: Session, letters: list[MailLetter]) -> None:
    for letter in letters:
        post(session, TABLES, letter)


def _supersede(session: Session, case: NewCase) -> list[dict[str, Any]]:
    """Close the person's other cases: there will be nothing left to give, correct or restrict."""
    other = select(CaseRecord).join(CaseParty, col(CaseParty.case_id) == col(CaseRecord.id))
    other = other.where(col(CaseParty.account_id) == case.account_id, col(CaseRecord.id) != case.id)
    superseded = []
    for record in session.execute(other).scalars():
        fetchable = record.package_until is not None and record.package_until > case.received_at
        if record.state == State.CLOSED and not fetchable:
            continue
        superseded.append({"id": record.id, "right": record.right, "fetchable": fetchable})
        record.state, record.closed_at = State.CLOSED.value, record.closed_at or case.received_at
        record.package_until = case.received_at if record.right in PACKAGED else None
        record.next_attempt_at = None
    return superseded


def _rows_of(case: NewCase, erasure_id: str | None) -> tuple[CaseRecord, CaseParty]:
    record = CaseRecord(
        id=case.id,
        right=case.right,
        state=case.state,
        recorded_at=case.received_at,
        due_at=case.due_at,
        account_hash=case.account_hash,
        erasure_id=erasure_id,
        next_attempt_at=case.received_at if case.state == State.GATHERING else None,
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
        next_attempt_at=case.received_at,
    )


def _expected(case: NewCase, erasure: NewErasure, coverage: Mapping[str, Coverage]) -> list[ExpectedReceipt]:
    return [
        ExpectedReceipt(
            erasure_id=erasure.erasure_id,
            holder=holder,
            recipient=holder in RECIPIENT_HOLDERS,
            recorded_at=case.received_at,
            inventory_hash=coverage[holder].inventory_hash,
            emptied=sorted(coverage[holder].emptied),
            retained=sorted(coverage[holder].retained),
        )
        for holder in HOLDERS
    ]


def _locators(case: NewCase, erasure: NewErasure) -> list[ErasureLocator]:
    return [
        ErasureLocator(erasure_id=erasure.erasure_id, kind=kind, value=value, recorded_at=case.received_at)
        for kind, values in erasure.locators.items()
        for value in sorted(set(values))
    ]


def _first(session: Session, condition: ColumnElement[bool]) -> CaseView | None:
    found = _views(session, condition)
    return found[0] if found else None


def _views(session: Session, condition: ColumnElement[bool]) -> list[CaseView]:
    query = select(CaseRecord, CaseParty).outerjoin(CaseParty, col(CaseParty.case_id) == col(CaseRecord.id))
    query = query.where(condition).order_by(col(CaseRecord.recorded_at).desc(), col(CaseRecord.id)).limit(CASES_MAX)
    rows = [(record, party) for record, party in session.execute(query)]
    held = _held(session, [record.erasure_id for record, _ in rows if record.erasure_id])
    return [_view(record, party, held.get(record.erasure_id or "", {})) for record, party in rows]


def _held(session: Session, erasure_ids: list[str]) -> dict[str, dict[str, Held]]:
    if not erasure_ids:
        return {}
    found: dict[str, dict[str, Held]] = {}
    for row in session.execute(HELD, {"of": erasure_ids}):
        held = Held(holder=row.holder, recipient=row.recipient, received_at=row.received_at, refused=row.refused)
        found.setdefault(row.erasure_id, {})[row.holder] = held
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
