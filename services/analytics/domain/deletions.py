"""The deletion of a pseudonym at PostHog: asked for, verified, and looked at once more for what came late.

asked ──(no person, deletion completed)──▶ verified ──(an hour later, still no person)──▶ forgotten
  ▲                                            │
  └──────────────(a person is there again)─────┘
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

IDENTITY_RENEWED_AFTER = timedelta(days=365)
IDENTITY_KEPT = timedelta(days=400)
DELETION_KEPT = timedelta(days=180)
OVERDUE_AFTER = timedelta(days=30)

LEASE = timedelta(minutes=2)
LATE_LOOK = timedelta(hours=1)
POLL_FIRST, POLL_MAX = timedelta(milliseconds=500), timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A pseudonym that is to be forgotten, and how far that has come."""

    distinct_id: str
    persons: tuple[str, ...]
    created_at: datetime
    asked_at: datetime | None
    verified_at: datetime | None
    attempts: int

    def asked(self, persons: tuple[str, ...], now: datetime) -> "Deletion":
        """PostHog was asked to delete these persons, and whatever else goes by the pseudonym."""
        known = tuple(dict.fromkeys((*self.persons, *persons)))
        return replace(self, persons=known, asked_at=now, verified_at=None, attempts=0)

    def verified(self, now: datetime) -> "Deletion":
        """PostHog says that it is done, and shows nobody."""
        return replace(self, verified_at=now, attempts=0)

    def due_at(self, now: datetime) -> datetime:
        """When to look next: soon at first, then less and less often; after the verification once more, late."""
        if self.verified_at is not None:
            return now + LATE_LOOK
        return now + min(POLL_FIRST * (1 << min(self.attempts, 12)), POLL_MAX)

    def is_overdue(self, now: datetime) -> bool:
        """Whether it takes so long that a person should ask PostHog."""
        return self.verified_at is None and now - self.created_at > OVERDUE_AFTER
