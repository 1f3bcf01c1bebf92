"""What carries commands on: one loop that conducts them, and one per service that tells it what is due."""

from collections.abc import Sequence

from chassis.database import StillBusy, is_away
from chassis.metrics import COMMANDS_OPEN, COMMANDS_QUARANTINED, OLDEST_COMMAND
from chassis.telemetry import Log
from chassis.worker import AT_ONCE, back_off
from contracts.errors import Refusal
from contracts.fulfilment import HolderReady
from services.dsar.domain.command import Progress, Step
from services.dsar.ports import Clock, Commands, Deliveries
from services.dsar.usecases.conduct_commands import ConductCommands
from services.dsar.usecases.deliver_commands import DeliverCommands

AWAY_FIRST_SECONDS, AWAY_MAX_SECONDS = 0.25, 5.0

log = Log("commands")


class Conducting:
    """The step of the worker that conducts: whatever is wrong with one command, the others go on."""

    def __init__(self, conducting: ConductCommands, commands: Commands, clock: Clock) -> None:
        self._conducting = conducting
        self._commands = commands
        self._clock = clock

    async def step(self) -> float | None:
        """Do one step of everything that is due; seconds as a worker's step returns.

        Raises:
            Exception: the database is away (`is_away`).
        """
        plan = await self._conducting.plan()
        if not plan.steps and not plan.unreadable:
            await self._tell_operators()
            return None if plan.next_at is None else (plan.next_at - self._clock.now()).total_seconds()
        if plan.unreadable:
            await self._put_off(plan.unreadable, is_poison=True)
        for step, found in plan.steps.items():
            await self._do(step, found)
        return AT_ONCE

    async def _do(self, step: Step, found: Sequence[Progress]) -> None:
        """For all at once; if that fails, each by itself, so that the one that spoils it is put off alone."""
        try:
            refusals = await self._conducting.do(step, found)
        except (Refusal, StillBusy) as error:
            log.warning("commands wait", error=error, stage=step.value)
            await self._put_off([progress.command_id for progress in found], is_poison=False)
            return
        except Exception as error:
            if is_away(error):
                raise
            if len(found) == 1:
                log.failure("command failed", error=error, stage=step.value)
                await self._put_off([found[0].command_id], is_poison=True)
                return
            for progress in found:
                await self._do(step, [progress])
            return
        if refusals:
            log.warning("commands wait", stage=step.value, count=len(refusals))
            await self._put_off(list(refusals), is_poison=False)
        if step is Step.ALARM:
            _alarm(found)

    async def _put_off(self, command_ids: Sequence[str], *, is_poison: bool) -> None:
        quarantined = await self._conducting.put_off(command_ids, is_poison=is_poison)
        if quarantined:
            log.failure("commands quarantined", count=len(quarantined))

    async def _tell_operators(self) -> None:
        overview = await self._commands.overview()
        COMMANDS_OPEN.tell(overview.open)
        COMMANDS_QUARANTINED.tell(overview.quarantined)
        since = overview.oldest_at
        OLDEST_COMMAND.tell(0.0 if since is None else (self._clock.now() - since).total_seconds())


class Telling:
    """The step of the worker that tells one service what is due there."""

    def __init__(self, service: str, delivering: DeliverCommands, deliveries: Deliveries, clock: Clock) -> None:
        self._service = service
        self._delivering = delivering
        self._deliveries = deliveries
        self._clock = clock
        self._away_in_a_row = 0

    async def step(self) -> float | None:
        """Tell what is due at once; seconds as a worker's step returns, longer and longer while the service is away.

        Raises:
            Exception: the database is away (`is_away`).
        """
        is_service_away, next_at = await self._delivering.deliver()
        if is_service_away:
            self._away_in_a_row += 1
            return back_off(self._away_in_a_row, AWAY_FIRST_SECONDS, AWAY_MAX_SECONDS)
        self._away_in_a_row = 0
        return None if next_at is None else (next_at - self._clock.now()).total_seconds()

    async def ready(self, event: HolderReady) -> None:
        """The service is back, or a recipient of its has finished: what it owes is due at once."""
        if event.service == self._service:
            self._away_in_a_row = 0
            await self._deliveries.hurry(self._service)


def _alarm(late: Sequence[Progress]) -> None:
    holders = {holder for progress in late for holder in progress.holders_waiting | progress.recipients_waiting}
    for holder in sorted(holders):
        log.failure("commands late", holder=holder, count=len(late))
