"""Consents in SQL: append-only records in a hash chain, and what is consented to now."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Executable, Select, bindparam, delete, insert, literal, select, union_all, update

from chassis.database import Database, Session
from chassis.outbox import enqueue
from contracts.consent import NEWSLETTER_CHOSEN, NewsletterChosen, Purpose
from services.consent.adapters.chain import append, lock_head
from services.consent.adapters.evidence import EvidenceBook
from services.consent.adapters.rows import (
    ACTIVE_TABLES,
    RECORD_COLUMNS,
    active_consent_of,
    active_consent_values,
    record_of,
)
from services.consent.domain import WEB, ActiveConsent, Change, Kind, Record
from services.consent.ports import Decide, DecideOn
from services.consent.tables import ACCOUNT_CONSENT, RECORD, TABLES

Whose = dict[Kind, str]


def _active_of(kind: Kind) -> Select[Any]:
    table = ACTIVE_TABLES[kind]
    return select(literal(kind.value).label("kind"), *table.columns).where(table.c.subject_id == bindparam(kind.value))


def _history_of(kind: Kind) -> Select[Any]:
    column = RECORD.c.account_id if kind is Kind.ACCOUNT else RECORD.c.visitor_id
    newest_first = select(*RECORD_COLUMNS, RECORD.c.sequence).order_by(RECORD.c.sequence.desc())
    return newest_first.where(column == bindparam("whose")).limit(bindparam("records_max"))


_ACTIVE: dict[frozenset[Kind], Executable] = {
    frozenset({Kind.ACCOUNT}): _active_of(Kind.ACCOUNT),
    frozenset({Kind.VISITOR}): _active_of(Kind.VISITOR),
    frozenset(Kind): union_all(_active_of(Kind.ACCOUNT), _active_of(Kind.VISITOR)),
}
_HISTORY = {kind: _history_of(kind) for kind in Kind}
_ACCOUNT_RECORD = select(*RECORD_COLUMNS).where(
    RECORD.c.record_id == bindparam("record_id"), RECORD.c.account_id.is_not(None)
)
_ACCOUNT_RECORD_AND_ACTIVE = _ACCOUNT_RECORD.add_columns(ACCOUNT_CONSENT.c.record_id).outerjoin_from(
    RECORD,
    ACCOUNT_CONSENT,
    (ACCOUNT_CONSENT.c.subject_id == RECORD.c.account_id) & (ACCOUNT_CONSENT.c.purpose == RECORD.c.purpose),
)
_END = {
    kind: delete(table).where(table.c.subject_id == bindparam("whose"), table.c.purpose == bindparam("for_what"))
    for kind, table in ACTIVE_TABLES.items()
}
_NOTE_END = (
    update(RECORD)
    .where(RECORD.c.record_id.in_(bindparam("relied_on", expanding=True)))
    .values(ended_at=bindparam("at_last"))
)


class SqlConsents:
    """The port `Consents` over a database."""

    def __init__(self, database: Database, evidence: EvidenceBook) -> None:
        self._database = database
        self._evidence = evidence

    async def active_consents(self, account_id: str | None, visitor_id: str | None) -> Sequence[ActiveConsent]:
        whose = _whose(account_id, visitor_id)
        return await self._database.read(_active_consents, whose) if whose else ()

    async def state(
        self, account_id: str | None, visitor_id: str | None
    ) -> tuple[Sequence[ActiveConsent], Record | None]:
        whose = _whose(account_id, visitor_id)
        return await self._database.read(_state, whose) if whose else ((), None)

    async def change(self, account_id: str | None, visitor_id: str | None, decide: Decide) -> Change:
        return await self._database.write(_change, _whose(account_id, visitor_id), decide, self._evidence)

    async def change_resting_on(self, record_id: str, decide: DecideOn) -> Change | None:
        return await self._database.write(_change_resting_on, record_id, decide, self._evidence)

    async def history(self, account_id: str | None, visitor_id: str | None, records_max: int) -> Sequence[Record]:
        whose = _whose(account_id, visitor_id)
        return await self._database.read(_history, whose, records_max) if whose else ()

    async def account_record(self, record_id: str) -> tuple[Record, bool] | None:
        return await self._database.read(_account_record, record_id)


def _whose(account_id: str | None, visitor_id: str | None) -> Whose:
    return {kind: one for kind, one in ((Kind.ACCOUNT, account_id), (Kind.VISITOR, visitor_id)) if one is not None}


def _active_consents(session: Session, whose: Whose) -> list[ActiveConsent]:
    if not whose:
        return []
    values = {kind.value: one for kind, one in whose.items()}
    return [active_consent_of(row) for row in session.execute(_ACTIVE[frozenset(whose)], values)]


def _history(session: Session, whose: Whose, records_max: int) -> list[Record]:
    """Each from its own index: a database that looks for both in one statement may walk all records instead."""
    found: list[tuple[int, Record]] = []
    for kind, one in whose.items():
        for *values, sequence in session.execute(_HISTORY[kind], {"whose": one, "records_max": records_max}):
            found.append((sequence, record_of(values)))
    found.sort(key=lambda entry: entry[0], reverse=True)
    return [record for _, record in found[:records_max]]


def _state(session: Session, whose: Whose) -> tuple[list[ActiveConsent], Record | None]:
    newest = _history(session, whose, 1)
    return _active_consents(session, whose), newest[0] if newest else None


def _account_record(session: Session, record_id: str) -> tuple[Record, bool] | None:
    row = session.execute(_ACCOUNT_RECORD_AND_ACTIVE, {"record_id": record_id}).first()
    if row is None:
        return None
    *values, active = row
    return record_of(values), active == record_id


def _change(session: Session, whose: Whose, decide: Decide, evidence: EvidenceBook) -> Change:
    sequence, chained = lock_head(session)
    if Kind.ACCOUNT in whose:
        evidence.refuse_erased(session, whose[Kind.ACCOUNT])
    change = decide(_active_consents(session, whose))
    _carry_out(session, change, sequence, chained)
    if change.retired is not None:
        theirs = RECORD.c.visitor_id == change.retired
        evidence.enter(session, theirs, change.records[0].at)
        session.execute(delete(RECORD).where(theirs))
    return change


def _change_resting_on(session: Session, record_id: str, decide: DecideOn, evidence: EvidenceBook) -> Change | None:
    """The turn comes first: what is read afterwards, nobody changes until this unit ends."""
    lock_head(session)
    row = session.execute(_ACCOUNT_RECORD, {"record_id": record_id}).first()
    if row is None:
        return None
    record = record_of(row)
    whose = _whose(record.account_id, None)
    if record_id not in {one.record_id for one in _active_consents(session, whose)}:
        return None
    return _change(session, whose, lambda active_consents: decide(record, active_consents), evidence)


def _carry_out(session: Session, change: Change, sequence: int, chained: str) -> None:
    for one in change.ended:
        session.execute(_END[one.kind], {"whose": one.subject_id, "for_what": one.purpose})
    if change.ended:
        # Nothing relies on these records any more; their period counts from now.
        relied_on = [one.record_id for one in change.ended]
        session.execute(_NOTE_END, {"relied_on": relied_on, "at_last": change.records[0].at})
    for one in change.given:
        session.execute(insert(ACTIVE_TABLES[one.kind]), active_consent_values(one))
    append(session, change.records, sequence, chained)
    _tell_newsletter(session, change.records)


def _tell_newsletter(session: Session, records: Iterable[Record]) -> None:
    """A yes here starts its letter and a no ends its subscriptions, so it must hear of both, also when it is down."""
    for record in records:
        if record.purpose == Purpose.NEWSLETTER and record.account_id is not None and record.method == WEB:
            told = NewsletterChosen(record_id=record.record_id).model_dump_json().encode()
            enqueue(session, TABLES, NEWSLETTER_CHOSEN.subject, told, record.record_id)
