"""A session: how long it lives, when it counts as proved just now, when its use is noted."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from contracts.identifiers import new_id, new_secret
from services.auth.domain.secrets import hash_of

IDLE_MAX = timedelta(hours=2)
LIFETIME_MAX = timedelta(hours=12)
FRESH = timedelta(minutes=5)
NOTE_USE_EVERY = timedelta(minutes=1)
SESSIONS_PER_ACCOUNT_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One browser that is signed in."""

    id: str
    account_id: str
    secret_hash: str
    created_at: datetime
    last_seen_at: datetime
    authenticated_at: datetime

    @classmethod
    def begin(cls, account_id: str, now: datetime) -> tuple[Self, str]:
        """Make a session and the secret for its cookie; the secret is not kept."""
        secret = new_secret()
        session = cls(
            id=new_id(),
            account_id=account_id,
            secret_hash=hash_of(secret),
            created_at=now,
            last_seen_at=now,
            authenticated_at=now,
        )
        return session, secret

    def proved_again(self, now: datetime) -> tuple["Session", str]:
        """Make its successor after the password was given again; the end of its life stays where it was."""
        successor, secret = Session.begin(self.account_id, now)
        return replace(successor, created_at=self.created_at), secret

    @property
    def expires_at(self) -> datetime:
        """When it ends however busy it is."""
        return self.created_at + LIFETIME_MAX

    @property
    def fresh_until(self) -> datetime:
        """Until when it counts as proved just now (step-up)."""
        return self.authenticated_at + FRESH

    def is_live(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return now < self.expires_at and now < self.last_seen_at + IDLE_MAX

    def use_to_be_noted(self, now: datetime) -> bool:
        """Whether the last noted use is old enough for another write."""
        return now >= self.last_seen_at + NOTE_USE_EVERY
