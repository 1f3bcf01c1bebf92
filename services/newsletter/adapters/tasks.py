"""What is owed to Brevo, as rows that are written with what they follow from."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from chassis.database import Database, Session, now_in, wake_after_commit
from chassis.telemetry import Log
from services.newsletter.domain.tasks import COMPARISONS, Action, Task, is_stuck
from services.newsletter.tables import VERSION_MAX, BrevoTaskRow, SubscriptionRow

BREVO, COMPARISON = "brevo", "comparison"
TAKEN_BY_ANOTHER = timedelta(seconds=1)

log = Log("tasks")


def owe(session: Session, action: Action, subscription_id: str, since: datetime) -> None:
    """Have something done at Brevo once this transaction has committed; its worker is woken by the commit."""
    values = {"action": action.value, "subscription_id": subscription_id, "since": since, "due_at": now_in(session)}
    session.execute(insert(BrevoTaskRow).values(**values, attempts=0))
    wake_after_commit(session, COMPARISON if action in COMPARISONS else BREVO)


def owe_reconciliation(session: Session, since: datetime) -> None:
    """Have the list compared, unless a comparison that has not begun yet looks back as far."""
    waiting = select(col(BrevoTaskRow.id)).where(
        col(BrevoTaskRow.action) == Action.RECONCILE.value,
        col(BrevoTaskRow.attempts) == 0,
        col(BrevoTaskRow.since) <= since,
    )
    if session.execute(waiting.limit(1)).first() is None:
        owe(session, Action.RECONCILE, "", since)


class SqlTasks:
    """The port `Tasks`; each method is one unit of work."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, actions: Sequence[Action], now: datetime) -> Task | datetime | None:
        due_at = await self._database.read(_next_due, actions)  # looking is free; only a due task costs a write
        if due_at is None or due_at > now:
            return due_at
        return await self._database.write(_take, actions, now) or now + TAKEN_BY_ANOTHER

    async def finish(self, task: Task) -> None:
        await self._database.write(_finish, task)

    async def postpone(self, task: Task, until: datetime, reason: str) -> None:
        stuck = is_stuck(task.attempts)
        await self._database.write(_postpone, task, until, reason, stuck)
        if stuck:
            log.failure("task stuck", vendor="brevo", kind=task.action.value, reason=reason, attempt=task.attempts)

    async def reconcile_since(self, since: datetime) -> None:
        await self._database.write(owe_reconciliation, since)


def _next_due(session: Session, actions: Sequence[Action]) -> datetime | None:
    theirs = col(BrevoTaskRow.action).in_([action.value for action in actions])
    query = select(col(BrevoTaskRow.due_at)).where(theirs).order_by(col(BrevoTaskRow.due_at)).limit(1)
    return session.scalars(query).first()


def _take(session: Session, actions: Sequence[Action], now: datetime) -> Task | None:
    due = select(BrevoTaskRow).where(
        col(BrevoTaskRow.action).in_([action.value for action in actions]), col(BrevoTaskRow.due_at) <= now
    )
    least_tried = due.order_by(col(BrevoTaskRow.attempts), col(BrevoTaskRow.due_at)).limit(1)
    row = session.scalars(least_tried.with_for_update(skip_locked=True)).first()
    if row is None or row.id is None:
        return None
    action = Action(row.action)
    row.attempts += 1
    row.due_at = now + action.lease
    return Task(id=row.id, action=action, subscription_id=row.subscription_id, since=row.since, attempts=row.attempts)


def _finish(session: Session, task: Task) -> None:
    if task.action is Action.ADD and session.get(SubscriptionRow, task.subscription_id) is None:
        again = update(BrevoTaskRow).where(col(BrevoTaskRow.id) == task.id)
        session.execute(again.values(action=Action.REMOVE.value, due_at=now_in(session)))
        return
    session.execute(delete(BrevoTaskRow).where(col(BrevoTaskRow.id) == task.id))


def _postpone(session: Session, task: Task, until: datetime, reason: str, stuck: bool) -> None:
    later = update(BrevoTaskRow).where(col(BrevoTaskRow.id) == task.id)
    session.execute(later.values(due_at=until, reason=reason[:VERSION_MAX], stuck=stuck))
