"""What a store outside our databases must be able to do: tell, prepare, erase, and look again."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from chassis.database import Session
from contracts.personal_data import ExternalStore, Locator

Locators = Mapping[Locator, Sequence[str]]


class ExternalHolder(Protocol):
    """A recipient (Brevo, PostHog) as a holder of personal data. Every call out has a timeout."""

    @property
    def store(self) -> ExternalStore:
        """Its declaration."""
        ...

    async def export(self, locators: Locators) -> list[dict[str, Any]]:
        """What the recipient holds about a person, as JSON objects, in an order that stays the same."""
        ...

    def prepare(self, session: Session, locators: Locators) -> dict[str, Any]:
        """Read from our own tables what is needed to erase there (JSON): its ids, or the address. No call out."""
        ...

    async def erase(self, erasure_id: str, prepared: dict[str, Any]) -> int:
        """Have the recipient erase; how many records. Asked again, it does no harm and answers what was left."""
        ...

    async def probe(self, erasure_id: str, prepared: dict[str, Any]) -> int:
        """How many records the recipient still holds; while it is not 0, the holder is asked again later."""
        ...
