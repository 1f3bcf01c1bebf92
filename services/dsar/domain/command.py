"""The one table of what a command does next: tell the holders, write the last letter, our own part, complete, close.

Every step leaves its time behind, so that whoever starts again after a crash goes on where the last one stopped.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from contracts.fulfilment import CommandKind
from services.dsar.domain.deadline import LATE_AFTER

OWN_HOLDER = "dsar"
# While the mail server is away for longer, the queued letter is named as retained until it is sent.
LETTER_WAITS = timedelta(seconds=60)
ALARM_AGAIN_AFTER = timedelta(days=1)


class Step(StrEnum):
    """What may be done now."""

    TELL = "tell"
    WRITE_LETTER = "write_letter"
    OWN_PART = "own_part"
    COMPLETE = "complete"
    FORGET = "forget"
    CLOSE = "close"
    ALARM = "alarm"
    WAIT = "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a command has come: when each step was done, and which holders' receipts are not in.

    `due_at`: since when it is to be looked at; when something happens to it, that changes.

    Before holders are told of an erasure (`told_at`), the account is blocked, so that no new row can be made.
    """

    command_id: str
    case_id: str
    kind: CommandKind
    requested_at: datetime
    due_at: datetime | None = None
    told_at: datetime | None = None
    letter_at: datetime | None = None
    completed_at: datetime | None = None
    forgotten_at: datetime | None = None
    late_at: datetime | None = None
    holders_waiting: frozenset[str] = frozenset()
    recipients_waiting: frozenset[str] = frozenset()
    letters_waiting: bool = False

    def next_step(self, now: datetime) -> Step:
        """The step whose time has come; WAIT while somebody else has to act first."""
        step = self._next_step(now)
        return Step.ALARM if step is Step.WAIT and now >= self._alarm_at else step

    def next_look(self, now: datetime) -> datetime:
        """When a command that waits is looked at again, unless something happens to it before."""
        if self.letter_at is not None and self.letters_waiting and OWN_HOLDER in self.holders_waiting:
            return self.letter_at + LETTER_WAITS
        return max(now, self._alarm_at)

    def _next_step(self, now: datetime) -> Step:
        is_erasure = self.kind is CommandKind.ERASE
        if self.told_at is None:
            return Step.TELL
        if self.holders_waiting - {OWN_HOLDER}:
            return Step.WAIT
        if self.holders_waiting:
            return self._before_own_part(now) if is_erasure else Step.OWN_PART
        if self.completed_at is None:
            return Step.COMPLETE
        if self.recipients_waiting:
            return Step.WAIT
        return Step.FORGET if self.forgotten_at is None else Step.CLOSE

    def _before_own_part(self, now: datetime) -> Step:
        """We are the last holder: our own part holds the addresses that the final letter goes to."""
        if self.letter_at is None:
            return Step.WRITE_LETTER
        if self.letters_waiting and now - self.letter_at < LETTER_WAITS:
            return Step.WAIT
        return Step.OWN_PART

    @property
    def _alarm_at(self) -> datetime:
        """When somebody must be alarmed, again if need be: long before the legal deadline."""
        return self.requested_at + LATE_AFTER if self.late_at is None else self.late_at + ALARM_AGAIN_AFTER
