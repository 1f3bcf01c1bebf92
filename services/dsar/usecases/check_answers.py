"""Check what a service answers: a receipt counts only if everything that it claims was checked here."""

from collections.abc import Callable, Collection, Mapping, Sequence

from contracts.fulfilment import Command, CommandKind, HolderAnswer, HolderReceipt
from contracts.holder import LOCATORS_BY_HOLDER
from contracts.personal_data import Locator
from kernel.receipt import Coverage, Expected, ReceiptFault, receipt_leaf, taking_fault
from kernel.signature import canonical
from services.dsar.domain.delivery import Delivery, Ending, Outcome

# A service that answered for others, but not for one of its holders.
UNANSWERED = "unanswered"


class CheckAnswers:
    """`keys_of`: the keys of a service that stand in the receipt log. `current`: what receipts must cover, by kind.

    A former key counts as well: a service that has signed a receipt gives that same receipt again, however late.
    """

    def __init__(
        self, keys_of: Callable[[str], Sequence[str]], current: Mapping[CommandKind, Mapping[str, Coverage]]
    ) -> None:
        self._keys_of = keys_of
        self._current = current

    def outcomes(
        self, service: str, deliveries: Collection[Delivery], answers: Sequence[HolderAnswer]
    ) -> list[Outcome]:
        """One for each holder that was told; answers that nobody asked for are ignored. Never raises for content."""
        given = {(answer.command_id, answer.holder): answer for answer in answers}
        return [
            self._outcome(service, delivery, holder, given.get((delivery.command.command_id, holder)))
            for delivery in deliveries
            for holder in delivery.command.holders
        ]

    def _outcome(self, service: str, delivery: Delivery, holder: str, answer: HolderAnswer | None) -> Outcome:
        command_id, due_at = delivery.command.command_id, delivery.due_at.get(holder)
        if answer is None or answer.failure is not None:
            code = UNANSWERED if answer is None else answer.failure
            return Outcome(command_id=command_id, holder=holder, ending=Ending.FAILED, due_at=due_at, code=code)
        if answer.receipt is None:
            return Outcome(command_id=command_id, holder=holder, ending=Ending.WAITING, due_at=due_at)
        fault = self._fault(service, answer.receipt, self._expected(service, delivery, holder))
        if fault is not None:
            return Outcome(command_id=command_id, holder=holder, ending=Ending.REFUSED, due_at=due_at, code=fault.value)
        return _received(command_id, holder, answer.receipt)

    def _fault(self, service: str, receipt: HolderReceipt, expected: Expected) -> ReceiptFault | None:
        fault: ReceiptFault | None = ReceiptFault.SIGNATURE
        for key in self._keys_of(service):
            fault = taking_fault(receipt, key, expected)
            if fault is not ReceiptFault.SIGNATURE:
                break
        return fault

    def _expected(self, service: str, delivery: Delivery, holder: str) -> Expected:
        command = delivery.command
        today = self._current[command.kind].get(holder)
        return Expected(
            holder=holder,
            service=service,
            command_id=command.command_id,
            kind=command.kind,
            told=_told(command, holder),
            coverages=[delivery.frozen[holder], *([today] if today else [])],
        )


def _told(command: Command, holder: str) -> dict[Locator, int]:
    """How many different identifiers of each kind that the holder declared it was told."""
    declared = LOCATORS_BY_HOLDER.get(holder, frozenset())
    return {kind: len(set(values)) for kind, values in command.locators.items() if kind in declared}


def _received(command_id: str, holder: str, receipt: HolderReceipt) -> Outcome:
    signed = {"body": receipt.body, "signature": receipt.signature}
    return Outcome(
        command_id=command_id,
        holder=holder,
        ending=Ending.RECEIVED,
        receipt=canonical(signed),
        leaf=receipt_leaf(signed),
    )
