"""An account, the registration that comes before it, and the credential beside it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

REGISTRATION_TTL = timedelta(hours=24)
RESET_TTL = timedelta(minutes=30)
RESETS_PER_ACCOUNT_MAX = 3


class Status(StrEnum):
    """Whether an account may be used; a blocked one waits for its erasure."""

    ACTIVE = "active"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Not an account yet: it becomes one when the address is confirmed, and vanishes otherwise."""

    token_hash: str
    email: str
    name: str
    password_hash: str
    language: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody whose address is confirmed."""

    id: str
    email: str
    name: str
    role: str
    tier: str
    language: str
    status: Status

    @property
    def usable(self) -> bool:
        """Whether it may log in and keep sessions."""
        return self.status is Status.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A usable account and the hash of its password, as they were read.

    `changed_at` is another for each password that the account has had; a new hash of the same password leaves it
    alone. So what was verified holds while `changed_at` is the same.
    """

    account: Account
    password_hash: str
    changed_at: datetime
