"""Receive a receipt: it counts only if everything that it claims was checked here."""

import re
from collections.abc import Mapping

from contracts.fulfilment import HolderReceipt
from contracts.holder import HOLDERS, service_of
from kernel.erasure_receipt import Coverage, ReceiptBody, ReceiptFault, coverage_fault, fault_of, receipt_leaf
from kernel.signature import canonical
from services.dsar.ports import Receipts, Stored

ID = re.compile(r"[A-Za-z0-9_-]{16,64}")


class ReceiveReceipt:
    """`receipt_keys`: the key of each service. `current`: what receipts must cover by today's inventories."""

    def __init__(self, receipts: Receipts, receipt_keys: Mapping[str, str], current: Mapping[str, Coverage]) -> None:
        self._receipts = receipts
        self._receipt_keys = receipt_keys
        self._current = current

    async def receive(self, receipt: HolderReceipt, holder: str) -> str:
        """Store a receipt that holds; returns `stored`, `duplicate`, `unexpected`, or the code of a `ReceiptFault`.

        `holder` is the one on whose subject it was published. Never raises for the content: a refused receipt would
        only be delivered again. The case stays open, and the holder is asked again in time.
        """
        fault = self._fault_by_itself(receipt, holder)
        if fault is not None:
            return await self._refused(receipt, holder, fault)
        body = ReceiptBody.model_validate(receipt.body)
        expected = await self._receipts.expected(body.erasure_id, holder)
        if expected is None:
            return Stored.UNEXPECTED
        if expected.is_in:
            return Stored.DUPLICATE
        accepted = [self._current[holder], *([expected.frozen] if expected.frozen else [])]
        fault = coverage_fault(body, accepted)
        if fault is not None:
            return await self._refused(receipt, holder, fault)
        signed = {"body": receipt.body, "signature": receipt.signature}
        return await self._receipts.store(body.erasure_id, holder, canonical(signed), receipt_leaf(signed))

    def _fault_by_itself(self, receipt: HolderReceipt, holder: str) -> ReceiptFault | None:
        if holder not in HOLDERS or receipt.body.get("holder") != holder:
            return ReceiptFault.SUBJECT
        return fault_of(receipt.body, receipt.signature, self._receipt_keys.get(service_of(holder), ""))

    async def _refused(self, receipt: HolderReceipt, holder: str, fault: ReceiptFault) -> str:
        """Note the fault with the holder on whose subject it arrived; nobody else can publish there."""
        erasure_id = receipt.body.get("erasure_id")
        if isinstance(erasure_id, str) and ID.fullmatch(erasure_id):
            await self._receipts.refuse(erasure_id, holder, fault.value)
        return fault.value
