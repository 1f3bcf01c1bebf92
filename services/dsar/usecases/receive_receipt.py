"""Receive a receipt: only what its own service signed, for an erasure that expects it, and only once."""

from contracts.dsar import HolderReceipt
from kernel.certificate import canonical, fault_of, receipt_leaf
from services.dsar.ports import Receipts


class ReceiveReceipt:
    """`receipt_keys` holds the public key of each service."""

    def __init__(self, receipts: Receipts, receipt_keys: dict[str, str]) -> None:
        self._receipts = receipts
        self._receipt_keys = receipt_keys

    async def receive(self, receipt: HolderReceipt) -> str:
        """What became of it: stored, duplicate, unexpected, or forged (never an error, which would be repeated)."""
        key = self._receipt_keys.get(str(receipt.body.get("service")), "")
        if fault_of(receipt.body, receipt.signature, key):
            return "forged"
        signed = receipt.model_dump()
        erasure_id, holder = receipt.body["erasure_id"], receipt.body["holder"]
        return await self._receipts.store(erasure_id, holder, canonical(signed), receipt_leaf(signed))
