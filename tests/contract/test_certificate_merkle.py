"""The log's Merkle tree against RFC 9162, built leaf by leaf as dsar does."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import merkle


def tree_head(entries: list[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1, as it is written there."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(b"\x01" + tree_head(entries[:split]) + tree_head(entries[split:])).digest()


def grown(entries: list[bytes]) -> dict[merkle.Subtree, bytes]:
    nodes: dict[merkle.Subtree, bytes] = {}
    for index, entry in enumerate(entries):
        nodes[merkle.Subtree(0, index)] = merkle.leaf_hash(entry)
        for level, position in merkle.completed_by(index):
            halves = (nodes[merkle.Subtree(level - 1, position * 2 + side)] for side in (0, 1))
            nodes[merkle.Subtree(level, position)] = merkle.node_hash(*halves)
    return nodes


@pytest.mark.parametrize("size", [*range(20), 31, 32, 33, 64, 100])
def test_every_place_is_proved_and_no_other(size: int) -> None:
    entries = [str(number).encode() for number in range(size)]
    nodes = grown(entries)
    root = merkle.root(0, size, nodes.__getitem__)
    assert root == tree_head(entries)
    for index, entry in enumerate(entries):
        proof = merkle.inclusion_proof(index, size, nodes.__getitem__)
        assert merkle.root_by_proof(merkle.leaf_hash(entry), index, size, proof) == root
        assert merkle.root_by_proof(merkle.leaf_hash(b"another"), index, size, proof) != root
        assert merkle.root_by_proof(merkle.leaf_hash(entry), index, size, [*proof, root]) != root


@given(st.integers(1, 2000).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))))
def test_a_proof_needs_only_perfect_subtrees_that_exist(place: tuple[int, int]) -> None:
    size, index = place
    for level, position in merkle.subtrees_needed(index, size):
        assert (position + 1) << level <= size


def test_a_place_outside_the_tree_is_refused() -> None:
    with pytest.raises(IndexError):
        merkle.proof_ranges(3, 3)
    assert merkle.root_by_proof(b"", 3, 3, []) is None


@pytest.mark.parametrize("second", [*range(1, 20), 31, 32, 33, 64, 100])
def test_growth_is_proved_from_every_earlier_tree_and_from_no_other(second: int) -> None:
    entries = [str(number).encode() for number in range(second)]
    nodes = grown(entries)
    root = tree_head(entries)
    for first in range(1, second + 1):
        earlier = tree_head(entries[:first])
        proof = merkle.consistency_proof(first, second, nodes.__getitem__)
        assert merkle.is_consistent(first, second, earlier, root, proof)
        forked = tree_head([*entries[: first - 1], b"another"])
        assert not merkle.is_consistent(first, second, forked, root, proof)
        assert not merkle.is_consistent(first, second, earlier, forked, proof)
        assert not merkle.is_consistent(first, second, earlier, root, [*proof, root])


def proof_as_written(first: int, entries: list[bytes], is_whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 9162 §2.1.4.1, as it is written there."""
    if first == len(entries):
        return [] if is_whole else [tree_head(entries)]
    split = 1
    while split * 2 < len(entries):
        split *= 2
    if first <= split:
        return [*proof_as_written(first, entries[:split], is_whole), tree_head(entries[split:])]
    return [*proof_as_written(first - split, entries[split:], False), tree_head(entries[:split])]


@given(st.integers(1, 200).flatmap(lambda second: st.tuples(st.integers(1, second), st.just(second))))
def test_a_proof_of_growth_is_that_of_the_standard(sizes: tuple[int, int]) -> None:
    first, second = sizes
    entries = [str(number).encode() for number in range(second)]
    assert merkle.consistency_proof(first, second, grown(entries).__getitem__) == proof_as_written(first, entries)


def test_growth_from_nothing_or_backwards_is_no_growth() -> None:
    for first, second in ((0, 3), (4, 3), (-1, 3)):
        with pytest.raises(IndexError):
            merkle.consistency_ranges(first, second)
        assert not merkle.is_consistent(first, second, merkle.EMPTY_ROOT, merkle.EMPTY_ROOT, [])
