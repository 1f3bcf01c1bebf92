"""What a store outside our databases must be able to do: tell, prepare, carry out a command, and look again."""

from dataclasses import dataclass
from typing import Any, Protocol

from chassis.database import Session
from chassis.holder.rows import Locators
from contracts.fulfilment import Command, CommandKind
from contracts.personal_data import ExternalStore

__all__ = ["ExternalHolder", "Locators", "OwedCommand", "Prepared"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a recipient is to be asked: `work` (JSON) names this person's record there, and nobody else's.

    `looked_for` counts the identifiers of the recipient's own by which it will be looked for, beside those that were
    told. `changed`: how many records have been set going already, in the transaction that prepared it.
    """

    looked_for: dict[str, int]
    work: dict[str, Any]
    changed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedCommand:
    """A command that a recipient has not carried out yet, as its row says."""

    command_id: str
    kind: CommandKind
    sequence: int
    looked_for: dict[str, int]
    work: dict[str, Any]
    changed: int
    failures: int


class ExternalHolder(Protocol):
    """A recipient (Brevo, PostHog) as a holder of personal data. Every call out has a timeout."""

    @property
    def store(self) -> ExternalStore:
        """Its declaration."""
        ...

    async def export(self, locators: Locators) -> list[dict[str, Any]]:
        """What the recipient holds about a person, as JSON objects, in an order that stays the same."""
        ...

    def prepare(self, session: Session, command: Command) -> Prepared:
        """Read from our own tables what this person's record there is found by, before they change. No call out."""
        ...

    async def carry_out(self, command: OwedCommand) -> int:
        """Have the recipient do it; how many records it changed. Asked again, it does no harm."""
        ...

    async def probe(self, command: OwedCommand) -> int:
        """How many records there are not yet as they should be, read again; while there are any, it is asked again."""
        ...
