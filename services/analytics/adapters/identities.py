"""Pseudonyms and their deletions in the service's own database."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chassis.database import Database, insert_into, wake_after_commit
from chassis.telemetry import Log
from contracts.identifiers import new_id
from services.analytics.domain.deletions import LEASE, Deletion
from services.analytics.tables import AnalyticsIdentityRow, Base, PostHogDeletionRow

POSTHOG = "posthog"
IDENTITIES = Base.metadata.tables["analytics_identity"]
DELETIONS = Base.metadata.tables["posthog_deletion"]

log = Log("deletions")


async def released(session: AsyncSession, visitor_ids: Sequence[str]) -> list[str]:
    """Forget whose the pseudonyms of these visitors are; returns the pseudonyms."""
    gone = delete(AnalyticsIdentityRow).where(col(AnalyticsIdentityRow.visitor_id).in_(visitor_ids))
    return list(await session.scalars(gone.returning(col(AnalyticsIdentityRow.distinct_id))))


async def schedule(session: AsyncSession, distinct_ids: Iterable[str], now: datetime) -> int:
    """Have pseudonyms deleted at PostHog; how many were not being deleted already."""
    count = 0
    for distinct_id in distinct_ids:
        row = insert_into(session, DELETIONS).values(
            distinct_id=distinct_id, persons=[], created_at=now, attempts=0, due_at=now
        )
        added = await session.execute(row.on_conflict_do_nothing().returning(DELETIONS.c.distinct_id))
        count += added.first() is not None
    wake_after_commit(session, POSTHOG)
    return count


async def unverified(session: AsyncSession, distinct_ids: Sequence[str] | None = None) -> list[str]:
    """The pseudonyms (of these, or of all) whose deletion is not verified yet."""
    query = select(col(PostHogDeletionRow.distinct_id)).where(col(PostHogDeletionRow.verified_at).is_(None))
    if distinct_ids is not None:
        query = query.where(col(PostHogDeletionRow.distinct_id).in_(distinct_ids))
    return list(await session.scalars(query))


class SqlIdentities:
    """Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pseudonym_of(self, visitor_id: str, now: datetime) -> str:
        query = select(col(AnalyticsIdentityRow.distinct_id)).where(col(AnalyticsIdentityRow.visitor_id) == visitor_id)
        async with self._database.read() as session:
            known = await session.scalar(query)
        if known is not None:
            return known
        async with self._database.write() as session:
            row = insert_into(session, IDENTITIES).values(distinct_id=new_id(), visitor_id=visitor_id, created_at=now)
            await session.execute(row.on_conflict_do_nothing(index_elements=["visitor_id"]))
            return (await session.scalars(query)).one()

    async def withdraw(self, visitor_ids: Sequence[str], now: datetime) -> None:
        async with self._database.write() as session:
            await schedule(session, await released(session, visitor_ids), now)

    async def made_before(self, moment: datetime, limit: int) -> Sequence[str]:
        query = select(col(AnalyticsIdentityRow.visitor_id)).where(col(AnalyticsIdentityRow.created_at) < moment)
        async with self._database.read() as session:
            return (await session.scalars(query.limit(limit))).all()

    async def visitors_after(self, visitor_id: str, limit: int) -> Sequence[str]:
        query = select(col(AnalyticsIdentityRow.visitor_id)).where(col(AnalyticsIdentityRow.visitor_id) > visitor_id)
        async with self._database.read() as session:
            found = await session.scalars(query.order_by(col(AnalyticsIdentityRow.visitor_id)).limit(limit))
            return found.all()


class SqlDeletions:
    """Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, now: datetime) -> Deletion | None:
        due = select(PostHogDeletionRow).where(col(PostHogDeletionRow.due_at) <= now)
        due = due.order_by(col(PostHogDeletionRow.due_at)).limit(1)
        async with self._database.read() as session:  # looking is free; only a due deletion costs a write
            if (await session.scalars(due)).first() is None:
                return None
        async with self._database.write() as session:
            row = (await session.scalars(due.with_for_update(skip_locked=True))).first()
            if row is None:
                return None
            row.attempts += 1
            row.due_at = now + LEASE
            deletion = Deletion(
                distinct_id=row.distinct_id,
                persons=tuple(row.persons),
                created_at=row.created_at,
                asked_at=row.asked_at,
                verified_at=row.verified_at,
                attempts=row.attempts,
            )
        if deletion.is_overdue(now):
            log.failure("deletion overdue", vendor="posthog", attempt=deletion.attempts)
        return deletion

    async def keep(self, deletion: Deletion, due_at: datetime) -> None:
        kept = update(PostHogDeletionRow).where(col(PostHogDeletionRow.distinct_id) == deletion.distinct_id)
        async with self._database.write() as session:
            await session.execute(
                kept.values(
                    persons=list(deletion.persons),
                    asked_at=deletion.asked_at,
                    verified_at=deletion.verified_at,
                    attempts=deletion.attempts,
                    due_at=due_at,
                )
            )

    async def forget(self, distinct_id: str) -> None:
        async with self._database.write() as session:
            await session.execute(delete(PostHogDeletionRow).where(col(PostHogDeletionRow.distinct_id) == distinct_id))
