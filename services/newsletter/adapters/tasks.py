"""What is owed to Brevo, as rows that are written with what they follow from."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chassis.database import Database, now_in, wake_after_commit
from services.newsletter.domain.tasks import LEASE, Action, Task
from services.newsletter.tables import BrevoTaskRow, SubscriptionRow

BREVO = "brevo"
REMOVALS_MAX = 500


async def owe(session: AsyncSession, action: Action, subscription_id: str, since: datetime) -> None:
    """Have something done at Brevo once this transaction has committed; the worker is woken by the commit."""
    values = {"action": action.value, "subscription_id": subscription_id, "since": since, "due_at": now_in(session)}
    await session.execute(insert(BrevoTaskRow).values(**values, attempts=0))
    wake_after_commit(session, BREVO)


async def owe_reconciliation(session: AsyncSession, since: datetime) -> None:
    """Have the list compared, unless a comparison that has not begun yet looks back as far."""
    waiting = select(col(BrevoTaskRow.id)).where(
        col(BrevoTaskRow.action) == Action.RECONCILE.value,
        col(BrevoTaskRow.attempts) == 0,
        col(BrevoTaskRow.since) <= since,
    )
    if (await session.execute(waiting.limit(1))).first() is None:
        await owe(session, Action.RECONCILE, "", since)


async def removals_owed(session: AsyncSession) -> list[str]:
    """The ids of contacts that are to be erased at Brevo already."""
    query = select(col(BrevoTaskRow.subscription_id)).where(col(BrevoTaskRow.action) == Action.REMOVE.value)
    return list(await session.scalars(query.limit(REMOVALS_MAX)))


class SqlTasks:
    """Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, now: datetime) -> Task | None:
        due = select(BrevoTaskRow).where(col(BrevoTaskRow.due_at) <= now).order_by(col(BrevoTaskRow.id)).limit(1)
        async with self._database.read() as session:  # looking is free; only a due task costs a write
            if (await session.scalars(due)).first() is None:
                return None
        async with self._database.write() as session:
            row = (await session.scalars(due.with_for_update(skip_locked=True))).first()
            if row is None or row.id is None:
                return None
            row.attempts += 1
            row.due_at = now + LEASE
            return Task(
                id=row.id,
                action=Action(row.action),
                subscription_id=row.subscription_id,
                since=row.since,
                attempts=row.attempts,
            )

    async def finish(self, task: Task) -> None:
        async with self._database.write() as session:
            if task.action is Action.ADD and await session.get(SubscriptionRow, task.subscription_id) is None:
                again = update(BrevoTaskRow).where(col(BrevoTaskRow.id) == task.id)
                await session.execute(again.values(action=Action.REMOVE.value, due_at=now_in(session)))
                return
            await session.execute(delete(BrevoTaskRow).where(col(BrevoTaskRow.id) == task.id))

    async def postpone(self, task: Task, until: datetime) -> None:
        async with self._database.write() as session:
            later = update(BrevoTaskRow).where(col(BrevoTaskRow.id) == task.id)
            await session.execute(later.values(due_at=until))

    async def reconcile_since(self, since: datetime) -> None:
        async with self._database.write() as session:
            await owe_reconciliation(session, since)
