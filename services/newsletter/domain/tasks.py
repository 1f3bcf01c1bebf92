"""What is owed to Brevo: a task stands until it is done, however long that takes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LEASE = timedelta(minutes=2)
RETRY_FIRST, RETRY_MAX = timedelta(seconds=1), timedelta(minutes=15)
# How far before a reported addition to look for it at Brevo.
LOOK_BACK = timedelta(hours=1)
RECONCILE_EVERY = timedelta(hours=1)
RECONCILE_BACK = timedelta(days=2)


class Action(StrEnum):
    """What is to be done at Brevo."""

    ADD = "add"
    REMOVE = "remove"
    RECONCILE = "reconcile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do. `subscription_id` is none for a reconciliation, which looks at changes after `since`."""

    id: int
    action: Action
    subscription_id: str
    since: datetime
    attempts: int


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after so many attempts: soon at first, at most a quarter of an hour."""
    return min(RETRY_FIRST * (1 << min(attempts, 10)), RETRY_MAX)
