"""What holders ask and state: claims, receipts, and our own part's turn."""

import asyncio

from chassis.telemetry import Log
from contracts.dsar import Claim, ClaimRequest, HolderReceipt
from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from contracts.holder import HOLDERS, service_of
from services.dsar.ports import Erasures
from services.dsar.usecases.receive_receipt import ReceiveReceipt

# Longer than TURN_TAKEN_AT_ONCE: a delivery is never let go before its successor is sure to come.
TURN_SECONDS = 6.0

log = Log("holders")


class HolderEndpoints:
    """The handlers for other services."""

    def __init__(self, erasures: Erasures, receiving: ReceiveReceipt) -> None:
        self._erasures = erasures
        self._receiving = receiving

    async def claim(self, request: ClaimRequest, caller: Caller) -> Claim:
        """Tell a holder whom an erasure concerns, if it is that holder and its receipt is expected.

        Raises:
            Refusal: it asks for another service's holder, or nobody expects its receipt.
        """
        if request.holder not in HOLDERS or service_of(request.holder) != caller.service:
            raise Refusal(ErrorKind.FORBIDDEN, "not-its-holder")
        claim = await self._erasures.claim(request.erasure_id, request.holder)
        if claim is None:
            raise Refusal(ErrorKind.NOT_FOUND, "erasure")
        return claim

    async def receipt(self, receipt: HolderReceipt) -> None:
        """Take a receipt; one that is refused is logged and not asked for again."""
        outcome = await self._receiving.receive(receipt)
        if outcome in {"forged", "unexpected"}:
            log.failure("receipt refused", outcome=outcome, holder=str(receipt.body.get("holder"))[:32])


class OwnTurn:
    """Claims for our own part, which is the last to go: a delivery that comes too early waits a little.

    One that has waited in vain is let go: taking the turn has everybody asked again (see `ConductErasure`).
    """

    def __init__(self, erasures: Erasures) -> None:
        self._erasures = erasures
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Somebody's turn has come."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def claim(self, erasure_id: str, holder: str) -> Claim:
        """What our own part is told once it may go; `done` (with this delivery) if that takes too long.

        Raises:
            Refusal: there is no such erasure.
        """
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turn(erasure_id)
        except TimeoutError:
            return Claim(done=True)
        claim = await self._erasures.claim(erasure_id, holder)
        if claim is None:
            raise Refusal(ErrorKind.NOT_FOUND, "erasure")
        return claim

    async def _turn(self, erasure_id: str) -> None:
        while True:
            changed = self._changed
            if await self._erasures.turn_has_come(erasure_id):
                return
            await changed.wait()
