"""Asking, being subscribed, and having left."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

OPT_IN_TTL = timedelta(days=7)
# A consent of so long ago is no longer relied upon. It lapses a day before its row would be swept,
# so that Brevo is told first.
SUBSCRIPTION_KEPT = timedelta(days=3 * 365)
LAPSES_AFTER = SUBSCRIPTION_KEPT - timedelta(days=1)
SUPPRESSION_KEPT = timedelta(days=10 * 365)

LETTERS_MAX = 5
LETTERS_WINDOW = timedelta(hours=1)


class Ending(StrEnum):
    """Why a subscription ended."""

    UNSUBSCRIBED = "unsubscribed"
    SPAM = "spam"
    BOUNCED = "bounced"
    REMOVED = "removed"
    LAPSED = "lapsed"

    @property
    def suppresses(self) -> bool:
        """Whether the address must not come back by an import: somebody or its mailbox said no."""
        return self in {Ending.UNSUBSCRIBED, Ending.SPAM, Ending.BOUNCED}

    @property
    def withdraws(self) -> bool:
        """Whether it was the reader who ended it, and so withdrew the consent that it rested on."""
        return self in {Ending.UNSUBSCRIBED, Ending.SPAM}


@dataclass(frozen=True, slots=True, kw_only=True)
class OptIn:
    """Somebody gave an address and consented; whether it was its owner shows when the mailed link is used.

    `consent_record` is the number of the consent that was given with an account, where it was.
    """

    token_hash: str
    email: str
    language: str
    notice_version: str
    created_at: datetime
    consent_record: str | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether the link may still be used."""
        return now < self.created_at + OPT_IN_TTL


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A confirmed reader. `id` is opaque and the name under which Brevo keeps the contact.

    `created_at` is when consent was given, `confirmed_at` when its mailed link proved the address; `consent_record`
    as in the opt-in.
    """

    id: str
    email: str
    language: str
    notice_version: str
    created_at: datetime
    confirmed_at: datetime
    unsubscribe_hash: str
    consent_record: str | None = None


def normalised(address: str) -> str:
    """An address as it is stored and compared."""
    return address.strip().lower()
