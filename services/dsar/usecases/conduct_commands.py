"""Carry commands on: do what the state of each says is next, for all that are due at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from contracts.errors import ErrorKind, Refusal
from contracts.fulfilment import CommandKind
from services.dsar.domain.command import OWN_HOLDER, Progress, Step
from services.dsar.domain.delivery import Ending
from services.dsar.domain.pseudonyms import case_secret
from services.dsar.ports import Accounts, Clock, Commands, Deliveries, Fulfilment
from services.dsar.usecases.check_answers import CheckAnswers

COMMANDS_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is due: commands by the step whose time has come, and the ids of those that cannot be read.

    If nothing is, `next_at` is when something will be; none if nothing waits for a time.
    """

    steps: Mapping[Step, Sequence[Progress]]
    unreadable: Sequence[str]
    next_at: datetime | None


class ConductCommands:
    """Drives commands from what is recorded of them alone, so that a crash between two steps is harmless."""

    def __init__(
        self,
        *,
        commands: Commands,
        deliveries: Deliveries,
        accounts: Accounts,
        fulfilment: Fulfilment,
        checking: CheckAnswers,
        clock: Clock,
        case_key: bytes,
    ) -> None:
        self._commands = commands
        self._deliveries = deliveries
        self._accounts = accounts
        self._fulfilment = fulfilment
        self._checking = checking
        self._clock = clock
        self._case_key = case_key
        self._steps: dict[Step, Callable[[Sequence[Progress]], Awaitable[dict[str, Refusal]]]] = {
            Step.TELL: self._tell,
            Step.WRITE_LETTER: self._write_letters,
            Step.OWN_PART: self._own_part,
            Step.COMPLETE: self._complete,
            Step.FORGET: self._forget,
            Step.CLOSE: self._close,
            Step.ALARM: self._alarm,
            Step.WAIT: self._wait,
        }

    async def plan(self) -> Plan:
        """See what is due."""
        now = self._clock.now()
        due, unreadable, next_at = await self._commands.due(COMMANDS_MAX)
        steps: dict[Step, list[Progress]] = {}
        for progress in due:
            steps.setdefault(progress.next_step(now), []).append(progress)
        return Plan(steps=steps, unreadable=unreadable, next_at=next_at)

    async def do(self, step: Step, found: Sequence[Progress]) -> dict[str, Refusal]:
        """Do a step of these commands; those that somebody else kept from it, by command id."""
        return await self._steps[step](found)

    async def put_off(self, command_ids: Sequence[str], *, is_poison: bool) -> list[str]:
        """Note that commands could not go on; which have just been put into quarantine."""
        return await self._commands.put_off(command_ids, is_poison=is_poison)

    async def _tell(self, found: Sequence[Progress]) -> dict[str, Refusal]:
        """Nobody may be asked to erase while new rows can still be made: the sessions end first."""
        erasures = [progress.command_id for progress in found if progress.kind is CommandKind.ERASE]
        kept_back = await self._block(erasures)
        now = self._clock.now()
        told = [replace(progress, told_at=now) for progress in found if progress.command_id not in kept_back]
        if told:
            await self._commands.tell(_next_looks(told, now))
        return kept_back

    async def _block(self, command_ids: Sequence[str]) -> dict[str, Refusal]:
        accounts = await self._commands.accounts_of(command_ids) if command_ids else {}
        refusals = await asyncio.gather(*(self._blocked(account_id) for account_id in accounts.values()))
        return {
            command_id: refusal for command_id, refusal in zip(accounts, refusals, strict=True) if refusal is not None
        }

    async def _blocked(self, account_id: str) -> Refusal | None:
        try:
            await self._accounts.block(account_id)
        except Refusal as refusal:
            return refusal
        return None

    async def _write_letters(self, found: Sequence[Progress]) -> dict[str, Refusal]:
        now = self._clock.now()
        written = [replace(progress, letter_at=now, letters_waiting=True) for progress in found]
        secrets = {progress.command_id: case_secret(self._case_key, progress.case_id) for progress in found}
        await self._commands.write_letters(secrets, _next_looks(written, now))
        return {}

    async def _own_part(self, found: Sequence[Progress]) -> dict[str, Refusal]:
        """Our own part holds the case itself, so it goes last; it is called directly, by the same code as others'."""
        deliveries = await self._commands.own_part([progress.command_id for progress in found])
        answers = await self._fulfilment.fulfil(OWN_HOLDER, [delivery.command for delivery in deliveries])
        outcomes = self._checking.outcomes(OWN_HOLDER, deliveries, answers)
        await self._deliveries.settle(outcomes)
        return {
            outcome.command_id: Refusal(ErrorKind.INTERNAL, outcome.code or "")
            for outcome in outcomes
            if outcome.ending is not Ending.RECEIVED
        }

    async def _complete(self, found: Sequence[Progress]) -> dict[str, Refusal]:
        await self._commands.complete([progress.command_id for progress in found])
        return {}

    async def _forget(self, found: Sequence[Progress]) -> dict[str, Refusal]:
        await self._commands.forget([progress.command_id for progress in found])
        return {}

    async def _close(self, found: Sequence[Progress]) -> dict[str, Refusal]:
        await self._commands.close([progress.command_id for progress in found])
        return {}

    async def _alarm(self, found: Sequence[Progress]) -> dict[str, Refusal]:
        now = self._clock.now()
        await self._commands.alarmed(_next_looks([replace(progress, late_at=now) for progress in found], now))
        return {}

    async def _wait(self, found: Sequence[Progress]) -> dict[str, Refusal]:
        await self._commands.postpone(found, _next_looks(found, self._clock.now()))
        return {}


def _next_looks(found: Sequence[Progress], now: datetime) -> dict[str, datetime]:
    return {progress.command_id: progress.next_look(now) for progress in found}
