"""Tell one service what is due, check what its holders answer, and store it: many commands at once."""

from collections.abc import Sequence
from datetime import datetime

from contracts.errors import RETRYABLE, Refusal
from services.dsar.domain.delivery import Delivery, Ending, Outcome
from services.dsar.ports import Clock, Deliveries, Fulfilment
from services.dsar.usecases.check_answers import CheckAnswers

# As many as a call may carry, with room in one message for the receipts of all.
DELIVERIES_MAX = 32


class DeliverCommands:
    """One service's deliveries. Whatever is wrong with one command, the others are told."""

    def __init__(
        self, service: str, deliveries: Deliveries, fulfilment: Fulfilment, checking: CheckAnswers, clock: Clock
    ) -> None:
        self._service = service
        self._deliveries = deliveries
        self._fulfilment = fulfilment
        self._checking = checking
        self._clock = clock

    async def deliver(self) -> tuple[bool, datetime | None]:
        """Tell what is due; whether the service was away, and when there is more to tell (now, if never)."""
        asked_at = self._clock.now()
        due, unreadable, next_at = await self._deliveries.due(self._service, DELIVERIES_MAX)
        if not due and not unreadable:
            return False, next_at
        is_away, outcomes = await self._told(due)
        await self._deliveries.settle([*unreadable, *outcomes])
        return is_away, asked_at

    async def _told(self, due: Sequence[Delivery]) -> tuple[bool, list[Outcome]]:
        """What became of it. A call that fails for another reason than absence is made again, in halves."""
        if not due:
            return False, []
        try:
            answers = await self._fulfilment.fulfil(self._service, [delivery.command for delivery in due])
        except Refusal as refusal:
            if refusal.kind in RETRYABLE:
                return True, _all(due, Ending.WAITING, refusal.kind.value)
            if len(due) == 1:
                return False, _all(due, Ending.FAILED, refusal.reason or refusal.kind.value)
            return await self._in_halves(due)
        return False, self._checking.outcomes(self._service, due, answers)

    async def _in_halves(self, due: Sequence[Delivery]) -> tuple[bool, list[Outcome]]:
        middle = len(due) // 2
        parts = [await self._told(part) for part in (due[:middle], due[middle:])]
        return any(is_away for is_away, _ in parts), [one for _, outcomes in parts for one in outcomes]


def _all(due: Sequence[Delivery], ending: Ending, code: str) -> list[Outcome]:
    return [
        Outcome(
            command_id=delivery.command.command_id,
            holder=holder,
            ending=ending,
            due_at=delivery.due_at.get(holder),
            code=code,
        )
        for delivery in due
        for holder in delivery.command.holders
    ]
