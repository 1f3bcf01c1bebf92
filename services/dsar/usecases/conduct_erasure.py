"""Carry an erasure on: do what its state says is next, until somebody else has to act."""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.personal_data import Locator
from services.dsar.domain.deadline import LATE_AFTER
from services.dsar.domain.erasure import Progress, Step
from services.dsar.domain.pseudonyms import case_secret
from services.dsar.ports import Accounts, Clock, Erasures, Turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An erasure that cannot go on: the holders that it waits for, until when at most, and what was done about it."""

    holders: frozenset[str]
    until: datetime
    asked_again: bool
    late: bool


class ConductErasure:
    """Drives erasures from what is recorded of them alone, so that a crash between two steps is harmless."""

    def __init__(self, erasures: Erasures, accounts: Accounts, turns: Turns, clock: Clock, case_key: bytes) -> None:
        self._erasures = erasures
        self._accounts = accounts
        self._turns = turns
        self._clock = clock
        self._case_key = case_key
        self._running_since = clock.now()

    async def advance(self, erasure_id: str) -> Waiting | None:
        """Go on until there is nothing to do but wait; what it waits for, or none once the erasure is closed.

        Raises:
            Refusal: a service that must act first is away; to be tried again.
        """
        while progress := await self._erasures.progress(erasure_id):
            now = self._clock.now()
            step = progress.next_step(now)
            if step is Step.WAIT:
                return await self._wait(progress, now)
            await self._do(step, progress)
        return None

    async def _wait(self, progress: Progress, now: datetime) -> Waiting:
        """Ask again, and raise the alarm, where their time has come."""
        late = progress.is_late(now, LATE_AFTER)
        if late:
            await self._erasures.mark_late(progress.erasure_id)
        asked_again = progress.must_ask_again(now)
        if asked_again:
            await self._erasures.ask_holders(progress.erasure_id, again=True)
            progress = replace(progress, asked_at=now)
        return Waiting(
            holders=progress.holders_waiting | progress.recipients_waiting,
            until=progress.next_look(now),
            asked_again=asked_again,
            late=late,
        )

    async def _do(self, step: Step, progress: Progress) -> None:
        erasure_id, case_id = progress.erasure_id, progress.case_id
        match step:
            case Step.BLOCK_AND_ASK:
                await self._block(erasure_id)
                await self._erasures.ask_holders(erasure_id, again=False)
            case Step.SAY_GOODBYE:
                await self._erasures.say_goodbye(erasure_id, case_id, case_secret(self._case_key, case_id))
            case Step.TAKE_TURN:
                again = progress.turn_needs_asking(self._clock.now(), self._running_since)
                await self._erasures.take_turn(erasure_id, ask_again=again)
                self._turns.come(erasure_id)
            case Step.CERTIFY:
                await self._erasures.certify(erasure_id, case_id)
            case Step.FORGET:
                await self._erasures.forget(erasure_id)
            case Step.CLOSE:
                await self._erasures.close(erasure_id, case_id)

    async def _block(self, erasure_id: str) -> None:
        """Nobody may be asked to erase while new rows can still be made: the sessions end first."""
        locators = await self._erasures.locators(erasure_id)
        for account_id in locators.get(Locator.ACCOUNT_ID.value, []):
            await self._accounts.block(account_id)
