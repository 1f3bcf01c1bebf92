"""The ports of the use cases: interfaces that the adapters implement, and the fakes of the unit tests."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from services.analytics.domain.counters import UsageCount
from services.analytics.domain.deletions import Deletion
from services.analytics.domain.events import Event


class Clock(Protocol):
    """Tells the time; a fake one is moved by tests."""

    def now(self) -> datetime:
        """Aware, in UTC."""


class Identities(Protocol):
    """Which pseudonym a visitor has at PostHog. Each method is one transaction."""

    async def pseudonym_of(self, visitor_id: str, now: datetime) -> str | None:
        """The visitor's pseudonym, a new one if there is none; None if the visitor's data may only be stored."""

    async def withdraw(self, visitor_ids: Sequence[str], now: datetime) -> None:
        """End the pseudonyms of visitors, and have them deleted at PostHog."""

    async def made_before(self, moment: datetime, limit: int) -> Sequence[str]:
        """Visitors whose pseudonym is older than that, the oldest first; none whose data may only be stored."""

    async def first_made(self) -> datetime | None:
        """When the oldest of those pseudonyms was made; None if there is none."""

    async def visitors_after(self, visitor_id: str, limit: int) -> Sequence[str]:
        """Visitors with a pseudonym, in the order of their ids, from one on."""


class Consents(Protocol):
    """What the consent service knows."""

    async def granted(self, visitor_id: str) -> bool:
        """Whether a visitor consents to statistics now. Raises Refusal if nobody can tell."""


class Deletions(Protocol):
    """Pseudonyms that are to be deleted at PostHog. Each method is one transaction."""

    async def take(self, now: datetime) -> Deletion | datetime | None:
        """The least tried one that is due, leased so that no other replica takes it.

        Without one, when the next will be due; None if there is none.
        """

    async def keep(self, deletion: Deletion, due_at: datetime, reason: str | None = None) -> None:
        """Note how far it has come, and by a code what went wrong, if anything did."""

    async def forget(self, distinct_id: str) -> None:
        """It is over."""


class RecipientUnavailable(Exception):
    """The recipient cannot be reached, or serves none of our calls now. The text is the code of a reason."""


class RecipientRefused(Exception):
    """The recipient answered, and did not do this one; others may go well. The text is a code, as above."""


class Persons(Protocol):
    """The persons at PostHog.

    Every method raises RecipientUnavailable or RecipientRefused; to be tried again after either.
    """

    async def find(self, distinct_id: str) -> Sequence[Mapping[str, Any]]:
        """The persons that go by a pseudonym, as PostHog tells of them; each has a `uuid`."""

    async def erase(self, distinct_id: str) -> None:
        """Ask for the deletion of whatever goes by a pseudonym: persons, events, recordings."""

    async def erased(self, person: str) -> bool:
        """Whether PostHog has verified the deletion of a person."""


class Statistics(Protocol):
    """The way to PostHog: a bounded queue in memory."""

    def record(self, event: Event) -> None:
        """Have an event sent soon; one too many is dropped."""

    def purge(self, visitor_id: str) -> None:
        """Drop at once what still waits to be sent for a visitor."""


class UsageCounts(Protocol):
    """The anonymous counters."""

    async def write(self, counts: Sequence[UsageCount]) -> None:
        """Add to what is written down."""
