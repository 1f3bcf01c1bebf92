"""Pseudonyms and their deletions in the service's own database."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlmodel import col

from chassis.database import Database, Session, insert_into, wake_after_commit
from chassis.holder import is_free, is_restricted
from chassis.holder.recipients import hasten
from chassis.telemetry import Log
from contracts.identifiers import new_id
from contracts.personal_data import Locator
from services.analytics.domain.deletions import LEASE, Deletion
from services.analytics.tables import TABLES, WORD_MAX, AnalyticsIdentityRow, Base, PostHogDeletionRow

POSTHOG = "posthog"
IDENTITIES = Base.metadata.tables["analytics_identity"]
DELETIONS = Base.metadata.tables["posthog_deletion"]
IS_FREE = is_free(IDENTITIES, AnalyticsIdentityRow.__personal_data__, TABLES)
TAKEN_BY_ANOTHER = timedelta(seconds=1)

log = Log("deletions")


def released(session: Session, visitor_ids: Sequence[str]) -> dict[str, str | None]:
    """End the pseudonyms of these visitors; returns whose each of them was."""
    gone = delete(AnalyticsIdentityRow).where(col(AnalyticsIdentityRow.visitor_id).in_(visitor_ids))
    columns = col(AnalyticsIdentityRow.distinct_id), col(AnalyticsIdentityRow.visitor_id)
    return {row.distinct_id: row.visitor_id for row in session.execute(gone.returning(*columns))}


def pseudonyms_of(session: Session, visitor_ids: Sequence[str]) -> list[str]:
    """Every pseudonym that these visitors have at PostHog, or had until its deletion there is verified."""
    found = [
        session.scalars(select(col(table.distinct_id)).where(col(table.visitor_id).in_(visitor_ids)))
        for table in (AnalyticsIdentityRow, PostHogDeletionRow)
    ]
    return sorted({pseudonym for pseudonyms in found for pseudonym in pseudonyms})


def schedule(session: Session, pseudonyms: Mapping[str, str | None], now: datetime) -> None:
    """Have pseudonyms deleted at PostHog, unless they are being deleted already; the visitor of each, where known."""
    for distinct_id, visitor_id in pseudonyms.items():
        row = insert_into(session, DELETIONS).values(
            distinct_id=distinct_id, visitor_id=visitor_id, persons=[], created_at=now, attempts=0, due_at=now
        )
        session.execute(row.on_conflict_do_nothing())
    wake_after_commit(session, POSTHOG)


def end_all_of(session: Session, visitor_ids: Sequence[str], now: datetime) -> None:
    """Have every pseudonym of these visitors deleted, and forget whose they were."""
    schedule(session, dict.fromkeys(pseudonyms_of(session, visitor_ids)), now)
    theirs = update(PostHogDeletionRow).where(col(PostHogDeletionRow.visitor_id).in_(visitor_ids))
    session.execute(theirs.values(visitor_id=None))


def unverified(session: Session, distinct_ids: Sequence[str]) -> list[str]:
    """Those of these pseudonyms whose deletion is not verified yet."""
    query = select(col(PostHogDeletionRow.distinct_id)).where(col(PostHogDeletionRow.verified_at).is_(None))
    return list(session.scalars(query.where(col(PostHogDeletionRow.distinct_id).in_(distinct_ids))))


class SqlIdentities:
    """The port `Identities`; each method is one unit of work, or two where a look comes first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pseudonym_of(self, visitor_id: str, now: datetime) -> str | None:
        known = await self._database.read(_pseudonym_of, visitor_id)  # a visitor is new once, and seen often
        if known is not None:
            return known
        return await self._database.write(_made_pseudonym_of, visitor_id, new_id(), now)

    async def withdraw(self, visitor_ids: Sequence[str], now: datetime) -> None:
        await self._database.write(_withdraw, visitor_ids, now)

    async def made_before(self, moment: datetime, limit: int) -> Sequence[str]:
        return await self._database.read(_made_before, moment, limit)

    async def first_made(self) -> datetime | None:
        return await self._database.read(_first_made)

    async def visitors_after(self, visitor_id: str, limit: int) -> Sequence[str]:
        return await self._database.read(_visitors_after, visitor_id, limit)


class SqlDeletions:
    """The port `Deletions`; each method is one unit of work, `take` two."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, now: datetime) -> Deletion | datetime | None:
        due_at = await self._database.read(_next_due)  # looking is free; only a due deletion costs a write
        if due_at is None or due_at > now:
            return due_at
        deletion = await self._database.write(_take, now)
        if deletion is None:
            return now + TAKEN_BY_ANOTHER
        if deletion.is_overdue(now):
            log.failure("deletion overdue", vendor="posthog", attempt=deletion.attempts)
        return deletion

    async def keep(self, deletion: Deletion, due_at: datetime, reason: str | None = None) -> None:
        await self._database.write(_keep, deletion, due_at, reason)

    async def forget(self, distinct_id: str) -> None:
        await self._database.write(_forget, distinct_id)


def _pseudonym_of(session: Session, visitor_id: str) -> str | None:
    theirs = col(AnalyticsIdentityRow.visitor_id) == visitor_id
    return session.scalars(select(col(AnalyticsIdentityRow.distinct_id)).where(theirs, IS_FREE)).first()


def _made_pseudonym_of(session: Session, visitor_id: str, made: str, now: datetime) -> str | None:
    """The visitor's pseudonym: the one that was made, unless somebody else was first."""
    if is_restricted(session, TABLES, {Locator.VISITOR_ID: [visitor_id]}):
        return None
    row = insert_into(session, IDENTITIES).values(distinct_id=made, visitor_id=visitor_id, created_at=now)
    session.execute(row.on_conflict_do_nothing(index_elements=["visitor_id"]))
    theirs = col(AnalyticsIdentityRow.visitor_id) == visitor_id
    return session.scalars(select(col(AnalyticsIdentityRow.distinct_id)).where(theirs)).one()


def _withdraw(session: Session, visitor_ids: Sequence[str], now: datetime) -> None:
    schedule(session, released(session, visitor_ids), now)


def _made_before(session: Session, moment: datetime, limit: int) -> list[str]:
    created_at = col(AnalyticsIdentityRow.created_at)
    old = select(col(AnalyticsIdentityRow.visitor_id)).where(created_at < moment, IS_FREE)
    return list(session.scalars(old.order_by(created_at).limit(limit)))


def _first_made(session: Session) -> datetime | None:
    created_at = col(AnalyticsIdentityRow.created_at)
    return session.scalars(select(created_at).where(IS_FREE).order_by(created_at).limit(1)).first()


def _visitors_after(session: Session, visitor_id: str, limit: int) -> list[str]:
    known = col(AnalyticsIdentityRow.visitor_id)
    return list(session.scalars(select(known).where(known > visitor_id).order_by(known).limit(limit)))


def _next_due(session: Session) -> datetime | None:
    due_at = col(PostHogDeletionRow.due_at)
    return session.scalars(select(due_at).order_by(due_at).limit(1)).first()


def _take(session: Session, now: datetime) -> Deletion | None:
    due = select(PostHogDeletionRow).where(col(PostHogDeletionRow.due_at) <= now)
    least_tried = due.order_by(col(PostHogDeletionRow.attempts), col(PostHogDeletionRow.due_at)).limit(1)
    row = session.scalars(least_tried.with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    row.attempts += 1
    row.due_at = now + LEASE
    return Deletion(
        distinct_id=row.distinct_id,
        persons=tuple(row.persons),
        created_at=row.created_at,
        asked_at=row.asked_at,
        verified_at=row.verified_at,
        attempts=row.attempts,
    )


def _keep(session: Session, deletion: Deletion, due_at: datetime, reason: str | None) -> None:
    kept = update(PostHogDeletionRow).where(col(PostHogDeletionRow.distinct_id) == deletion.distinct_id)
    if deletion.verified_at is not None:
        kept = kept.values(visitor_id=None)
        hasten(session, TABLES, POSTHOG)
    session.execute(
        kept.values(
            persons=list(deletion.persons),
            asked_at=deletion.asked_at,
            verified_at=deletion.verified_at,
            attempts=deletion.attempts,
            due_at=due_at,
            reason=None if reason is None else reason[:WORD_MAX],
        )
    )


def _forget(session: Session, distinct_id: str) -> None:
    session.execute(delete(PostHogDeletionRow).where(col(PostHogDeletionRow.distinct_id) == distinct_id))
