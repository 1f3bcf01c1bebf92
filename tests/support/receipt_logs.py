"""The receipt log in memory; `tests/integration/dsar/test_receipt_log.py` holds it to what the SQL adapter does."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from kernel import merkle
from kernel.key_history import Announcement, LoggedKey
from kernel.log_head import Head
from services.dsar.domain.log_proofs import LogEvidence, padded_size


class FakeReceiptLog:
    def __init__(self) -> None:
        self.leaves: list[bytes] = []
        self._nodes: dict[merkle.Subtree, bytes] = {}
        self._announced: list[tuple[int, Announcement]] = []
        self._head: Head | None = None
        self._published_at: datetime | None = None

    async def append(self, leaves: Sequence[bytes]) -> int:
        first = len(self.leaves)
        for index, leaf in enumerate(leaves, first):
            self.leaves.append(leaf)
            self._nodes[merkle.Subtree(0, index)] = leaf
            for subtree in merkle.completed_by(index):
                left, right = (merkle.Subtree(subtree.level - 1, subtree.position * 2 + side) for side in (0, 1))
                self._nodes[subtree] = merkle.node_hash(self._nodes[left], self._nodes[right])
        return first

    async def publish(
        self,
        to_announce: Callable[[Sequence[Announcement]], Sequence[Announcement]],
        signed: Callable[[int, str], Head],
        now: datetime,
        unless_since: datetime,
    ) -> datetime:
        new = to_announce([one for _, one in self._announced])
        first = await self.append([one.leaf() for one in new])
        self._announced += enumerate(new, first)
        if self._published_at is not None and self._published_at > unless_since and not new:
            return self._published_at
        missing = padded_size(len(self.leaves)) - len(self.leaves)
        await self.append([merkle.leaf_hash(secrets.token_bytes(32)) for _ in range(missing)])
        self._head = signed(len(self.leaves), merkle.root(0, len(self.leaves), self._nodes.__getitem__).hex())
        self._published_at = now
        return now

    async def head(self) -> Head | None:
        return self._head

    async def evidence(self, indexes: Sequence[int]) -> LogEvidence:
        return self._evidence_at(len(self.leaves), indexes)

    async def published_keys(self) -> LogEvidence | None:
        return self._evidence_at(self._head.tree_size, []) if self._head else None

    async def consistency(self, first: int, second: int) -> list[str] | None:
        if self._head is None or second > self._head.tree_size:
            return None
        return [step.hex() for step in merkle.consistency_proof(first, second, self._nodes.__getitem__)]

    async def inclusion(self, leaf_hash: str, tree_size: int) -> tuple[int, list[str]] | None:
        leaf = bytes.fromhex(leaf_hash)
        if self._head is None or tree_size > self._head.tree_size or leaf not in self.leaves[:tree_size]:
            return None
        index = self.leaves.index(leaf)
        return index, self._proof(index, tree_size)

    def _evidence_at(self, size: int, indexes: Sequence[int]) -> LogEvidence:
        keys = [
            LoggedKey(announcement=one, leaf_index=index, inclusion_proof=self._proof(index, size))
            for index, one in self._announced
            if index < size
        ]
        root = merkle.root(0, size, self._nodes.__getitem__).hex()
        return LogEvidence(
            tree_size=size, root_hash=root, proofs={index: self._proof(index, size) for index in indexes}, keys=keys
        )

    def _proof(self, index: int, size: int) -> list[str]:
        return [step.hex() for step in merkle.inclusion_proof(index, size, self._nodes.__getitem__)]
