"""What holders ask and state: claims, receipts, and our own part's turn."""

import asyncio
import contextlib

from chassis.telemetry import Log
from contracts.dsar import Claim, ClaimRequest
from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from contracts.fulfilment import HolderReceipt
from contracts.holder import HOLDERS, service_of
from services.dsar.ports import Erasures, Stored
from services.dsar.usecases.receive_receipt import ReceiveReceipt

# Longer than TURN_TAKEN_AT_ONCE: a delivery is never let go before its successor is sure to come.
TURN_SECONDS = 6.0
TURN_LOOKS = 4

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

    async def receipt(self, receipt: HolderReceipt, holder: str) -> None:
        """Take a receipt; one that is refused is logged by the code of its fault, and its case stays open."""
        outcome = await self._receiving.receive(receipt, holder)
        if outcome not in {Stored.STORED, Stored.DUPLICATE}:
            log.failure("receipt refused", outcome=outcome, holder=holder)


class OwnTurn:
    """Claims for our own part, which is the last to go: a delivery that comes too early waits a little.

    One that has waited in vain is let go: taking the turn has everybody asked again (see `ConductErasure`).
    """

    def __init__(self, erasures: Erasures) -> None:
        self._erasures = erasures
        self._waiting: dict[str, asyncio.Event] = {}

    def come(self, erasure_id: str) -> None:
        """Its turn has come."""
        if erasure_id in self._waiting:
            self._waiting[erasure_id].set()

    async def claim(self, erasure_id: str, holder: str) -> Claim:
        """What our own part is told once it may go; `done` (with this delivery) if that takes too long.

        Raises:
            Refusal: there is no such erasure.
        """
        if not await self._turn(erasure_id):
            return Claim(done=True)
        claim = await self._erasures.claim(erasure_id, holder)
        if claim is None:
            raise Refusal(ErrorKind.NOT_FOUND, "erasure")
        return claim

    async def _turn(self, erasure_id: str) -> bool:
        """Wait for it; another replica may have taken it, so the database is looked at now and then."""
        come = self._waiting.setdefault(erasure_id, asyncio.Event())
        try:
            for _ in range(TURN_LOOKS):
                if await self._erasures.turn_has_come(erasure_id):
                    return True
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TURN_SECONDS / TURN_LOOKS):
                        await come.wait()
            return await self._erasures.turn_has_come(erasure_id)
        finally:
            self._waiting.pop(erasure_id, None)
