"""What the service does with its own records unasked: evidence at an erasure, lapsed consents, the chain's check."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from chassis.clock import Clock
from chassis.database import Database, Session
from chassis.telemetry import Log
from chassis.worker import regularly
from contracts.fulfilment import Command
from contracts.personal_data import Locator
from services.consent.adapters.chain import lock_head
from services.consent.adapters.evidence import EvidenceBook
from services.consent.adapters.rows import RECORD_COLUMNS, record_of
from services.consent.domain import FIRST_LINK, LASTS, Event, Kind, Record, first_broken
from services.consent.tables import CHAIN, RECORD

EVERY_SECONDS = 60
CHECKED_LINKS_MAX = 2000

# A consent that was withdrawn or replaced has its end noted already; the others end by age alone.
_END_LAPSED = {
    kind: update(RECORD)
    .where(
        RECORD.c.ended_at.is_(None),
        column.is_not(None),
        RECORD.c.at <= bindparam("given_until"),
        RECORD.c.event == Event.GIVEN.value,
    )
    .values(ended_at=bindparam("now_ended"))
    for kind, column in ((Kind.ACCOUNT, RECORD.c.account_id), (Kind.VISITOR, RECORD.c.visitor_id))
}
_NEWEST_LINKS = (
    select(CHAIN.c.sequence, CHAIN.c.commitment, CHAIN.c.chained)
    .order_by(CHAIN.c.sequence.desc())
    .limit(CHECKED_LINKS_MAX + 1)
)
_RECORDS_FROM = select(*RECORD_COLUMNS, RECORD.c.sequence).where(RECORD.c.sequence >= bindparam("from_here"))

log = Log("consent")


class Maintenance:
    """Keeps evidence, ended records and the chain in order."""

    def __init__(self, database: Database, clock: Clock, evidence: EvidenceBook) -> None:
        self._database = database
        self._clock = clock
        self._evidence = evidence

    def leave_evidence(self, session: Session, command: Command) -> None:
        """Before a person's records are erased, in the same unit of work: keep what Art. 17(3)(e) needs of them.

        A choice of theirs that comes later is refused from then on. May be repeated.
        """
        lock_head(session)  # a change that is under way ends first, and what it wrote is erased with the rest
        theirs = RECORD.c.account_id.in_(_values(command, Locator.ACCOUNT_ID)) | RECORD.c.visitor_id.in_(
            _values(command, Locator.VISITOR_ID)
        )
        now = self._clock.now()
        self._evidence.enter(session, theirs, now)
        self._evidence.note_erased(session, _values(command, Locator.ACCOUNT_ID), now)

    async def end_lapsed(self) -> None:
        """Have the records of consents that were given too long ago count down from now."""
        await self._database.write(_end_lapsed, self._clock.now())

    async def run(self) -> None:
        """Look for lapsed consents about once a minute, until cancelled."""
        await regularly("lapsed consents", EVERY_SECONDS, self.end_lapsed, first_after_seconds=0)

    async def check_chain(self) -> None:
        """Compare the newest links with the records that are still there; a misfit is an alarm, not an obstacle."""
        links, records = await self._database.read(_newest_part)
        previous = FIRST_LINK
        if links and links[0].sequence > 1:
            previous, links = links[0].chained, links[1:]
        broken = first_broken(previous, [(row.sequence, row.commitment, row.chained) for row in links], records)
        if broken is not None:
            log.failure("consent chain broken", sequence=broken)


def _end_lapsed(session: Session, now: datetime) -> None:
    for kind, statement in _END_LAPSED.items():
        session.execute(statement, {"given_until": now - LASTS[kind], "now_ended": now})


def _newest_part(session: Session) -> tuple[Sequence[Any], dict[int, Record]]:
    """The newest links, oldest first, and the records that are left from the first of them on, by sequence."""
    links = session.execute(_NEWEST_LINKS).all()[::-1]
    from_here = links[0].sequence if links else 0
    rows = session.execute(_RECORDS_FROM, {"from_here": from_here})
    return links, {sequence: record_of(values) for *values, sequence in rows}


def _values(command: Command, kind: Locator) -> Collection[str]:
    return command.locators.get(kind, ())
