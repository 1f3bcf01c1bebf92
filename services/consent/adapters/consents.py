"""Consents in SQL: append-only records in a hash chain, and what stands now."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, false, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chassis.database import Database, insert_into
from chassis.outbox import enqueue
from contracts.consent import NEWSLETTER_CHOSEN, NewsletterChosen, Purpose
from services.consent.adapters.evidence import EvidenceBook
from services.consent.adapters.rows import active_consent_of, active_consent_values, record_of, record_values
from services.consent.domain import FIRST_LINK, WEB, ActiveConsent, Change, Event, Kind, Record, link
from services.consent.ports import Decide
from services.consent.tables import (
    TABLES,
    AccountConsentRow,
    ActiveConsentRow,
    ChainHeadRow,
    ChainRow,
    RecordRow,
    VisitorConsentRow,
)

ROWS: dict[Kind, type[ActiveConsentRow]] = {
    Kind.ACCOUNT: AccountConsentRow,
    Kind.VISITOR: VisitorConsentRow,
}
HEAD = 1


class SqlConsents:
    """The port `Consents` over a database."""

    def __init__(self, database: Database, evidence: EvidenceBook) -> None:
        self._database = database
        self._evidence = evidence

    async def active_consents(self, account_id: str | None, visitor_id: str | None) -> Sequence[ActiveConsent]:
        async with self._database.read() as session:
            return await _active_consents(session, account_id, visitor_id)

    async def change(self, account_id: str | None, visitor_id: str | None, decide: Decide) -> Change:
        async with self._database.write() as session:
            sequence, chained = await _lock_head(session)
            change = decide(await _active_consents(session, account_id, visitor_id))
            await _end(session, change)
            for active_consent in change.given:
                await session.execute(insert(ROWS[active_consent.kind]).values(active_consent_values(active_consent)))
            await _append(session, change.records, sequence, chained)
            await _tell_newsletter(session, change.records)
            if change.retired is not None:
                theirs = col(RecordRow.visitor_id) == change.retired
                await self._evidence.enter(session, theirs, change.records[0].at)
                await session.execute(delete(RecordRow).where(theirs))
            return change

    async def account_record(self, record_id: str) -> Record | None:
        query = select(RecordRow).where(col(RecordRow.record_id) == record_id, col(RecordRow.account_id).is_not(None))
        async with self._database.read() as session:
            row = (await session.scalars(query)).first()
        return None if row is None else record_of(row)

    async def history(self, account_id: str | None, visitor_id: str | None, records_max: int) -> Sequence[Record]:
        whose: list[ColumnElement[bool]] = [false()]
        if account_id is not None:
            whose.append(col(RecordRow.account_id) == account_id)
        if visitor_id is not None:
            whose.append(col(RecordRow.visitor_id) == visitor_id)
        query = select(RecordRow).where(or_(*whose)).order_by(col(RecordRow.sequence).desc()).limit(records_max)
        async with self._database.read() as session:
            return [record_of(row) for row in (await session.scalars(query)).all()]


async def _tell_newsletter(session: AsyncSession, records: Iterable[Record]) -> None:
    """A yes here starts its letter and a no ends its subscriptions, so it must hear of both, also when it is down."""
    for record in records:
        if record.purpose == Purpose.NEWSLETTER and record.account_id is not None and record.method == WEB:
            told = NewsletterChosen(record_id=record.record_id).model_dump_json().encode()
            await enqueue(session, TABLES, NEWSLETTER_CHOSEN.subject, told, record.record_id)


async def _active_consents(
    session: AsyncSession, account_id: str | None, visitor_id: str | None
) -> list[ActiveConsent]:
    found: list[ActiveConsent] = []
    for kind, holder_id in ((Kind.ACCOUNT, account_id), (Kind.VISITOR, visitor_id)):
        if holder_id is not None:
            query = select(ROWS[kind]).where(col(ROWS[kind].holder_id) == holder_id)
            found += [active_consent_of(kind, row) for row in (await session.scalars(query)).all()]
    return found


async def _lock_head(session: AsyncSession) -> tuple[int, str]:
    """Wait for the turn to append; returns where the chain ends."""
    head: Any = ChainHeadRow.__table__  # type: ignore[attr-defined] # SQLAlchemy adds it
    first = insert_into(session, head).values(id=HEAD, sequence=0, chained=FIRST_LINK)
    await session.execute(first.on_conflict_do_nothing())
    query = select(ChainHeadRow).where(col(ChainHeadRow.id) == HEAD).with_for_update()
    row = (await session.scalars(query)).one()
    return row.sequence, row.chained


async def _end(session: AsyncSession, change: Change) -> None:
    """What stood for the named purposes stands no more; its records count down from now."""
    if not change.ended:
        return
    ended_at = change.records[0].at
    for active_consent in change.ended:
        rows = ROWS[active_consent.kind]
        theirs = (col(rows.holder_id) == active_consent.holder_id) & (col(rows.purpose) == active_consent.purpose)
        await session.execute(delete(rows).where(theirs))
    relied_on = [active_consent.record_id for active_consent in change.ended]
    await session.execute(update(RecordRow).where(col(RecordRow.record_id).in_(relied_on)).values(ended_at=ended_at))


async def _append(session: AsyncSession, records: Iterable[Record], sequence: int, chained: str) -> None:
    for record in records:
        sequence, chained = sequence + 1, link(chained, record.commitment)
        ended_at = None if record.event == Event.GIVEN else record.at
        values = {**record_values(record), "sequence": sequence, "ended_at": ended_at}
        await session.execute(insert(RecordRow).values(values))
        await session.execute(insert(ChainRow).values(sequence=sequence, commitment=record.commitment, chained=chained))
    await session.execute(
        update(ChainHeadRow).where(col(ChainHeadRow.id) == HEAD).values(sequence=sequence, chained=chained)
    )
