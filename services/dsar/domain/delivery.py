"""What a service is told, what its holders must prove, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts.fulfilment import Command
from kernel.receipt import Coverage


class Ending(StrEnum):
    """What became of telling a holder."""

    RECEIVED = "received"
    REFUSED = "refused"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A command as one service is told it; what each of its holders must cover, as frozen with the command.

    `due_at`: by holder, since when it is to be told; when the service says that it is back, that changes.
    """

    command: Command
    frozen: Mapping[str, Coverage]
    due_at: Mapping[str, datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one holder's part of one command ended; a failure has a code, a receipt its bytes and its leaf in the log."""

    command_id: str
    holder: str
    ending: Ending
    due_at: datetime | None = None
    code: str | None = None
    receipt: bytes = b""
    leaf: bytes = b""

    @property
    def is_poison(self) -> bool:
        """Whether asking again will hardly help, so that it ends in quarantine."""
        return self.ending in {Ending.REFUSED, Ending.FAILED}
