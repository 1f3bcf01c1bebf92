"""The Merkle tree of RFC 9162 §2.1: how the receipt log is hashed, how a place in it and its growth are proved.

Pure. The log stores the roots of perfect subtrees as it grows (level 0 are the leaves; the subtree at `position`
of `level` spans the leaves from `position << level` on); heads and proofs are folded from those few.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

LEAF_PREFIX, NODE_PREFIX = b"\x00", b"\x01"
EMPTY_ROOT = hashlib.sha256(b"").digest()


class Subtree(NamedTuple):
    """A perfect subtree: 2^level leaves, the position-th of its size."""

    level: int
    position: int


Lookup = Callable[[Subtree], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry."""
    return hashlib.sha256(LEAF_PREFIX + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return hashlib.sha256(NODE_PREFIX + left + right).digest()


def completed_by(index: int) -> list[Subtree]:
    """The subtrees above the leaf that appending the leaf at `index` makes perfect, from the bottom up."""
    found = []
    level, position = 0, index
    while position % 2:
        level, position = level + 1, position // 2
        found.append(Subtree(level, position))
    return found


def range_of_subtrees(start: int, end: int) -> list[Subtree]:
    """The perfect subtrees that the leaves from `start` up to `end` consist of, from left to right."""
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append(Subtree(level, start >> level))
        start += 1 << level
    return found


def proof_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The leaf ranges whose hashes prove the leaf at `index` in a tree of `size`, from the leaf to the root."""
    if not 0 <= index < size:
        raise IndexError(index)
    start, end = 0, size
    found = []
    while end - start > 1:
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def subtrees_needed(index: int, size: int) -> set[Subtree]:
    """Everything that a head of `size` and the proof of `index` are folded from."""
    ranges = [(0, size), *proof_ranges(index, size)]
    return {subtree for start, end in ranges for subtree in range_of_subtrees(start, end)}


def root(start: int, end: int, lookup: Lookup) -> bytes:
    """The hash over the leaves from `start` up to `end`."""
    hashes = [lookup(subtree) for subtree in range_of_subtrees(start, end)]
    if not hashes:
        return EMPTY_ROOT
    folded = hashes.pop()
    while hashes:
        folded = node_hash(hashes.pop(), folded)
    return folded


def inclusion_proof(index: int, size: int, lookup: Lookup) -> list[bytes]:
    """The hashes that lead from the leaf at `index` to the root of a tree of `size`."""
    return [root(start, end, lookup) for start, end in proof_ranges(index, size)]


def root_by_proof(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that a proof leads to (RFC 9162 §2.1.3.2); none if the proof has the wrong length."""
    if not 0 <= index < size:
        return None
    first, second, folded = index, size - 1, leaf
    for sibling in proof:
        if second == 0:
            return None
        if first % 2 or first == second:
            folded = node_hash(sibling, folded)
            while first and not first % 2:
                first, second = first >> 1, second >> 1
        else:
            folded = node_hash(folded, sibling)
        first, second = first >> 1, second >> 1
    return folded if second == 0 else None


def consistency_ranges(first: int, second: int) -> list[tuple[int, int]]:
    """The leaf ranges whose hashes prove that a tree of `second` begins with the tree of `first` (§2.1.4.1).

    Raises:
        IndexError: there is no such pair of trees.
    """
    if not 0 < first <= second:
        raise IndexError(first)
    start, end, is_first_whole = 0, second, True
    found = []
    while end != first:
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        if first <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start, is_first_whole = middle, False
    if not is_first_whole:
        found.append((start, end))
    return found[::-1]


def consistency_needs(first: int, second: int) -> set[Subtree]:
    """Everything that the consistency proof of two trees is folded from."""
    ranges = consistency_ranges(first, second)
    return {subtree for start, end in ranges for subtree in range_of_subtrees(start, end)}


def consistency_proof(first: int, second: int, lookup: Lookup) -> list[bytes]:
    """The hashes that prove that a tree of `second` begins with the tree of `first`."""
    return [root(start, end, lookup) for start, end in consistency_ranges(first, second)]


def is_consistent(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that the tree of `second` begins with the tree of `first` (RFC 9162 §2.1.4.2)."""
    if first == second:
        return first > 0 and not proof and first_root == second_root
    if not 0 < first < second:
        return False
    path = [first_root, *proof] if first & (first - 1) == 0 else proof
    return bool(path) and _both_roots(first - 1, second - 1, path) == (first_root, second_root)


def _both_roots(old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The roots that a consistency proof leads to, from the last leaves of both trees; none for a wrong length."""
    while old % 2:
        old, new = old >> 1, new >> 1
    old_root = new_root = path[0]
    for step in path[1:]:
        if new == 0:
            return None
        if old % 2 or old == new:
            old_root, new_root = node_hash(step, old_root), node_hash(step, new_root)
            while old and not old % 2:
                old, new = old >> 1, new >> 1
        else:
            new_root = node_hash(new_root, step)
        old, new = old >> 1, new >> 1
    return (old_root, new_root) if new == 0 else None
