"""What anybody asks of the receipt log."""

from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from contracts.messages import Empty
from contracts.receipt_log import (
    AnnouncedKey,
    Consistency,
    ConsistencyChoice,
    Inclusion,
    InclusionChoice,
    LogHead,
    LogKeys,
)
from kernel.key_history import history_of
from services.dsar.ports import ReceiptLog


class ReceiptLogEndpoints:
    """The handlers; everything is answered as of the published head."""

    def __init__(self, log: ReceiptLog) -> None:
        self._log = log

    async def head(self, request: Empty, caller: Caller) -> LogHead:  # noqa: ARG002 — a handler's shape
        """The signed head."""
        head = await self._log.head()
        if head is None:
            raise Refusal(ErrorKind.UNAVAILABLE, "no-head")
        return LogHead.model_validate(head.model_dump())

    async def consistency(self, request: ConsistencyChoice, caller: Caller) -> Consistency:  # noqa: ARG002
        """The proof that the log has only grown.

        Raises:
            Refusal: a size that is not published.
        """
        proof = await self._log.consistency(request.first, request.second)
        if proof is None:
            raise Refusal(ErrorKind.NOT_FOUND, "not-published")
        return Consistency(first=request.first, second=request.second, proof=proof)

    async def inclusion(self, request: InclusionChoice, caller: Caller) -> Inclusion:  # noqa: ARG002
        """The place of a leaf.

        Raises:
            Refusal: it is not in the published log.
        """
        found = await self._log.inclusion(request.leaf_hash, request.tree_size)
        if found is None:
            raise Refusal(ErrorKind.NOT_FOUND, "not-published")
        return Inclusion(leaf_index=found[0], tree_size=request.tree_size, inclusion_proof=found[1])

    async def keys(self, request: Empty, caller: Caller) -> LogKeys:  # noqa: ARG002
        """The history of keys."""
        evidence = await self._log.published_keys()
        if evidence is None:
            raise Refusal(ErrorKind.UNAVAILABLE, "no-head")
        return LogKeys(
            log_key=history_of(evidence.keys).log_keys[-1],
            tree_size=evidence.tree_size,
            keys=[AnnouncedKey.model_validate(entry.model_dump(mode="json")) for entry in evidence.keys],
        )
