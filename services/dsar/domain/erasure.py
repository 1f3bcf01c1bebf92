"""The one table of what an erasure does next: block, fan out, say goodbye, wipe ourselves, certify, close.

Every step leaves its time behind, so that whoever starts again after a crash goes on where the last one stopped.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.dsar.domain.deadline import LATE_AFTER

OWN_HOLDER = "dsar"
FAREWELL_WAITS = timedelta(seconds=60)
# Within this time after the asking, the delivery to our own part is still there, waiting for its turn.
TURN_TAKEN_AT_ONCE = timedelta(seconds=4)
ASK_AGAIN_AFTER = timedelta(seconds=30)
ASK_AGAIN_SHARE = 10
ASK_AGAIN_MAX = timedelta(hours=1)
ASK_AGAIN_MIN = timedelta(seconds=1)
# The last letter leaves within moments; while the mail server is away it is looked for less and less often.
LETTER_LOOK_MIN = timedelta(milliseconds=100)
LETTER_LOOK_SHARE = 10


class Step(StrEnum):
    """What may be done now."""

    BLOCK_AND_ASK = "block_and_ask"
    SAY_GOODBYE = "say_goodbye"
    TAKE_TURN = "take_turn"
    CERTIFY = "certify"
    FORGET = "forget"
    CLOSE = "close"
    WAIT = "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an erasure has come."""

    erasure_id: str
    case_id: str
    requested_at: datetime
    asked_at: datetime | None = None
    goodbye_at: datetime | None = None
    turn_at: datetime | None = None
    certified_at: datetime | None = None
    forgotten_at: datetime | None = None
    late_at: datetime | None = None
    holders_waiting: frozenset[str] = frozenset()
    recipients_waiting: frozenset[str] = frozenset()
    letters_waiting: bool = False

    def next_step(self, now: datetime) -> Step:
        """The step whose time has come; WAIT while somebody else has to act first."""
        if self.asked_at is None:
            return Step.BLOCK_AND_ASK
        if self.turn_at is None:
            return self._before_own_turn(now)
        if self.holders_waiting:
            return Step.WAIT
        if self.certified_at is None:
            return Step.CERTIFY
        if self.recipients_waiting:
            return Step.WAIT
        return Step.FORGET if self.forgotten_at is None else Step.CLOSE

    def _before_own_turn(self, now: datetime) -> Step:
        """We are the last holder: our own part holds the addresses that the final letter goes to."""
        if self.holders_waiting - {OWN_HOLDER}:
            return Step.WAIT
        if self.goodbye_at is None:
            return Step.SAY_GOODBYE
        if self.letters_waiting and now - self.goodbye_at < FAREWELL_WAITS:
            return Step.WAIT
        return Step.TAKE_TURN

    def must_ask_again(self, now: datetime) -> bool:
        """Whether holders should be asked anew: soon at first, less and less often as the erasure grows old."""
        if self.asked_at is None or not (self.holders_waiting or self.recipients_waiting):
            return False
        return now - self.asked_at >= self._pause(now)

    def next_look(self, now: datetime) -> datetime:
        """When an erasure that waits is looked at again, unless something happens to it before."""
        if self.letters_waiting and self.goodbye_at is not None:
            return now + max(LETTER_LOOK_MIN, (now - self.goodbye_at) / LETTER_LOOK_SHARE)
        if self.asked_at is None or not (self.holders_waiting or self.recipients_waiting):
            return now + ASK_AGAIN_AFTER
        looks = [self.asked_at + self._pause(now)]
        if self.late_at is None:
            looks.append(self.requested_at + LATE_AFTER + timedelta(seconds=1))
        return max(now + ASK_AGAIN_MIN, min(looks))

    def _pause(self, now: datetime) -> timedelta:
        return max(ASK_AGAIN_AFTER, min((now - self.requested_at) / ASK_AGAIN_SHARE, ASK_AGAIN_MAX))

    def turn_needs_asking(self, now: datetime, running_since: datetime) -> bool:
        """Whether our own part must be asked anew when its turn comes: a process that crashed took it along."""
        return self.asked_at is None or self.asked_at < running_since or now - self.asked_at >= TURN_TAKEN_AT_ONCE

    def is_late(self, now: datetime, late_after: timedelta) -> bool:
        """Whether somebody must be alarmed, and has not been yet."""
        waiting = self.holders_waiting or self.recipients_waiting
        return bool(waiting) and self.late_at is None and now - self.requested_at > late_after
