"""What the service does with its own records unasked: evidence at an erasure, lapsed consents, the chain's check."""

import asyncio
from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chassis.clock import Clock
from chassis.database import DATABASE_FAILURES, Database
from chassis.telemetry import Log
from contracts.dsar import Claim
from contracts.personal_data import Locator
from services.consent.adapters.evidence import EvidenceBook
from services.consent.adapters.rows import record_of
from services.consent.domain import FIRST_LINK, Event, first_broken
from services.consent.tables import AccountConsentRow, ChainRow, RecordRow, VisitorConsentRow

EVERY_SECONDS = 60
CHECKED_LINKS_MAX = 2000

log = Log("consent")


class Maintenance:
    """Keeps records and evidence true to what stands."""

    def __init__(self, database: Database, clock: Clock, evidence: EvidenceBook) -> None:
        self._database = database
        self._clock = clock
        self._evidence = evidence

    async def leave_evidence(self, session: AsyncSession, claim: Claim) -> None:
        """Before a person's records are erased, in the same transaction: keep what Art. 17(3)(e) needs of them."""
        theirs = col(RecordRow.account_id).in_(_values(claim, Locator.ACCOUNT_ID)) | col(RecordRow.visitor_id).in_(
            _values(claim, Locator.VISITOR_ID)
        )
        await self._evidence.enter(session, theirs, self._clock.now())

    async def end_lapsed(self) -> None:
        """Records of consents that stand no more, since their time was over, count down from now."""
        active_consent = [select(col(rows.record_id)) for rows in (AccountConsentRow, VisitorConsentRow)]
        lapsed = (col(RecordRow.event) == Event.GIVEN.value) & col(RecordRow.ended_at).is_(None)
        for records in active_consent:
            lapsed &= col(RecordRow.record_id).not_in(records)
        async with self._database.write() as session:
            await session.execute(update(RecordRow).where(lapsed).values(ended_at=self._clock.now()))

    async def run(self) -> None:
        """Look for lapsed consents about once a minute."""
        while True:
            try:
                await self.end_lapsed()
            except DATABASE_FAILURES as error:
                log.warning("maintenance waits", error=error)
            await asyncio.sleep(EVERY_SECONDS)

    async def check_chain(self) -> None:
        """Compare the newest links with the records that are still there; a misfit is an alarm, not an obstacle."""
        newest = select(ChainRow).order_by(col(ChainRow.sequence).desc()).limit(CHECKED_LINKS_MAX + 1)
        async with self._database.read() as session:
            rows = list(reversed((await session.scalars(newest)).all()))
            from_here = rows[0].sequence if rows else 0
            kept = select(RecordRow).where(col(RecordRow.sequence) >= from_here)
            records = {row.sequence: record_of(row) for row in (await session.scalars(kept)).all()}
        previous = FIRST_LINK
        if from_here > 1:
            previous = rows.pop(0).chained
        broken = first_broken(previous, [(row.sequence, row.commitment, row.chained) for row in rows], records)
        if broken is not None:
            log.failure("consent chain broken", sequence=broken)


def _values(claim: Claim, kind: Locator) -> Collection[str]:
    return claim.locators.get(kind, ())
