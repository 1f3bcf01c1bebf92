"""What is owed to Brevo: a task stands until it is done, however long that takes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LEASE, COMPARISON_LEASE = timedelta(minutes=2), timedelta(minutes=30)
RETRY_FIRST, RETRY_MAX = timedelta(seconds=1), timedelta(minutes=15)
# After so many attempts (about five hours) a task is stuck: a person has to look, and it is tried seldom, for ever.
STUCK_AFTER, RETRY_STUCK = 30, timedelta(hours=6)
# How far before a reported addition to look for it at Brevo.
LOOK_BACK = timedelta(hours=1)
RECONCILE_EVERY = timedelta(hours=1)
RECONCILE_BACK = timedelta(days=2)


class Action(StrEnum):
    """What is to be done at Brevo."""

    ADD = "add"
    REMOVE = "remove"
    RECONCILE = "reconcile"

    @property
    def lease(self) -> timedelta:
        """How long whoever took such a task may need before somebody else takes it."""
        return COMPARISON_LEASE if self is Action.RECONCILE else LEASE


# A comparison reads thousands of contacts: it has a worker of its own, so that nobody's change waits for it.
CHANGES, COMPARISONS = (Action.ADD, Action.REMOVE), (Action.RECONCILE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do. `subscription_id` is none for a reconciliation, which looks at changes after `since`."""

    id: int
    action: Action
    subscription_id: str
    since: datetime
    attempts: int


def is_stuck(attempts: int) -> bool:
    """Whether a task has failed so often that a person has to look."""
    return attempts >= STUCK_AFTER


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after so many attempts: soon at first, then a quarter of an hour, and six hours when stuck."""
    if is_stuck(attempts):
        return RETRY_STUCK
    return min(RETRY_FIRST * (1 << min(attempts, 10)), RETRY_MAX)
