"""Cases in SQL: each method is one unit of work, letters and expected receipts included."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam
from sqlmodel import col, select, update

from chassis.clock import Clock
from chassis.database import Database, Session, affected, insert_into, wake_after_commit
from chassis.mail import Letter as MailLetter
from chassis.mail import post
from contracts.dsar import Right, State
from services.dsar.adapters.attempts import Attempts
from services.dsar.adapters.issuing import Coverages, issue
from services.dsar.adapters.letters import LetterTemplates
from services.dsar.domain.attempts import Due
from services.dsar.domain.case import CaseView, Held, Letter, NewCase, NewCommand
from services.dsar.domain.deadline import PACKAGE_KEPT
from services.dsar.tables import (
    TABLES,
    CaseParty,
    CaseRecord,
    ExpectedReceipt,
    LookupLetter,
    OpeningRequest,
)

CASES_MAX = 200
# Woken when there is something to gather.
GATHERING = "gathering"
# Longer than the gathering of a package takes, so that nobody else begins it meanwhile.
LEASE = timedelta(minutes=5)
PACKAGED = frozenset({Right.ACCESS, Right.PORTABILITY})
PARTY: Any = CaseParty.__table__  # type: ignore[attr-defined] # every table model has one
LOOKUP: Any = LookupLetter.__table__  # type: ignore[attr-defined]
OPENING: Any = OpeningRequest.__table__  # type: ignore[attr-defined]
RECEIPT: Any = ExpectedReceipt.__table__  # type: ignore[attr-defined]
SHOWN = tuple(RECEIPT.c[name] for name in ("command_id", "holder", "recipient", "received_at", "refused"))
HELD = select(*SHOWN).where(RECEIPT.c.command_id.in_(bindparam("of", expanding=True))).order_by(RECEIPT.c.place)
PACKAGES = Attempts(CaseRecord.__table__, "id")  # type: ignore[attr-defined]


class SqlRequests:
    """The cases of a database. `coverages`: what the receipt of each holder must cover from now on."""

    def __init__(self, database: Database, templates: LetterTemplates, clock: Clock, coverages: Coverages) -> None:
        self._database = database
        self._templates = templates
        self._clock = clock
        self._coverages = coverages

    async def record(self, case: NewCase, letters: Sequence[Letter], idempotency_key: str | None) -> str:
        """Record a case and queue its letters; the id of the case that the key stands for, maybe an earlier one."""
        return await self._database.write(_record, case, self._rendered(letters), idempotency_key)

    async def record_erasure(self, case: NewCase, command: NewCommand, letters: Sequence[Letter]) -> bool:
        """Record all that an erasure needs to go through by itself; false, and nothing, if the account has one."""
        return await self._database.write(_record_erasure, case, command, self._rendered(letters), self._coverages)

    async def record_command(self, case_id: str, command: NewCommand) -> bool:
        """Record a command of an open case; false, and nothing, if the case is not open or has one under way."""
        return await self._database.write(_record_command, case_id, command, self._clock.now(), self._coverages)

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

    async def take(self) -> Due | datetime | None:
        """A case whose package is to be gathered now, leased to the caller alone; else when the next one is due."""
        return await self._database.write(_take, self._clock.now())

    async def put_off(self, due: Due, *, is_poison: bool) -> bool:
        """Note that a package could not be gathered; whether its case has just been put into quarantine."""
        now = self._clock.now()
        return bool(await self._database.write(PACKAGES.put_off, [due.key], now, is_poison=is_poison))

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
    session.add_all(_rows_of(case, command_id=None))
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


def _take(session: Session, now: datetime) -> Due | datetime | None:
    return PACKAGES.take(session, now, LEASE) or PACKAGES.next_at(session)


def _record_erasure(
    session: Session, case: NewCase, command: NewCommand, letters: list[MailLetter], coverages: Coverages
) -> bool:
    record, party = _rows_of(case, command.command_id)
    values = {column.name: getattr(party, column.name) for column in PARTY.columns}
    only = insert_into(session, PARTY).values(values).on_conflict_do_nothing(index_elements=["erasing_account"])
    if not affected(session, only):  # the account's second erasure ends here, before anything else is read
        return False
    session.add(record)
    superseded = _supersede(session, case)
    issue(session, case.id, command, case.received_at, coverages, superseded)
    _post(session, letters)
    return True


def _record_command(session: Session, case_id: str, command: NewCommand, now: datetime, coverages: Coverages) -> bool:
    begun = {"state": State.EXECUTING.value, "command_id": command.command_id}
    waiting = (col(CaseRecord.id) == case_id) & (col(CaseRecord.state) == State.AWAITING_INSTRUCTION.value)
    if not affected(session, update(CaseRecord).where(waiting).values(begun)):
        return False
    issue(session, case_id, command, now, coverages, [])
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


def _rows_of(case: NewCase, command_id: str | None) -> tuple[CaseRecord, CaseParty]:
    record = CaseRecord(
        id=case.id,
        right=case.right,
        state=case.state,
        recorded_at=case.received_at,
        due_at=case.due_at,
        account_hash=case.account_hash,
        command_id=command_id,
        next_attempt_at=case.received_at if case.state == State.GATHERING else None,
    )
    party = CaseParty(
        case_id=case.id,
        account_id=case.account_id,
        erasing_account=case.account_id if command_id else None,
        right=case.right,
        details=case.details,
        language=case.language,
        received_at=case.received_at,
        due_at=case.due_at,
    )
    return record, party


def _first(session: Session, condition: ColumnElement[bool]) -> CaseView | None:
    found = _views(session, condition)
    return found[0] if found else None


def _views(session: Session, condition: ColumnElement[bool]) -> list[CaseView]:
    query = select(CaseRecord, CaseParty).outerjoin(CaseParty, col(CaseParty.case_id) == col(CaseRecord.id))
    query = query.where(condition).order_by(col(CaseRecord.recorded_at).desc(), col(CaseRecord.id)).limit(CASES_MAX)
    rows = [(record, party) for record, party in session.execute(query)]
    held = _held(session, [record.command_id for record, _ in rows if record.command_id])
    return [_view(record, party, held.get(record.command_id or "", [])) for record, party in rows]


def _held(session: Session, command_ids: list[str]) -> dict[str, list[Held]]:
    if not command_ids:
        return {}
    found: dict[str, list[Held]] = {}
    for row in session.execute(HELD, {"of": command_ids}):
        held = Held(holder=row.holder, recipient=row.recipient, received_at=row.received_at, refused=row.refused)
        found.setdefault(row.command_id, []).append(held)
    return found


def _view(record: CaseRecord, party: CaseParty | None, held: list[Held]) -> CaseView:
    return CaseView(
        id=record.id,
        right=record.right,
        state=record.state,
        received_at=record.recorded_at,
        due_at=record.due_at,
        package_until=record.package_until,
        command_id=record.command_id,
        account_id=party.account_id if party else None,
        language=party.language if party else "sv",
        holders=tuple(held),
    )
