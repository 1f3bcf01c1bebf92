"""The receipt log in SQL (RFC 9162): leaves and perfect subtrees, appended by one transaction at a time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, or_, select, text

from chassis.database import Session, insert_into
from kernel import merkle
from services.dsar.tables import ReceiptLogNode, ReceiptLogSize

THE_LOG = 1
NODE: Any = ReceiptLogNode.__table__  # type: ignore[attr-defined] # every table model has one
SIZE: Any = ReceiptLogSize.__table__  # type: ignore[attr-defined]


def append(session: Session, leaf: bytes) -> int:
    """Append a leaf; returns its index."""
    return append_all(session, [leaf])


def append_all(session: Session, leaves: Sequence[bytes]) -> int:
    """Append leaves; returns the index of the first. The row of the size makes replicas take turns."""
    first = _next_index(session, len(leaves))
    nodes = _nodes(session, set(merkle.range_of_subtrees(0, first)))
    rows = []
    for index, leaf in enumerate(leaves, first):
        above, grown = leaf, [merkle.Subtree(0, index), *merkle.completed_by(index)]
        for subtree in grown:
            above = leaf if subtree.level == 0 else merkle.node_hash(nodes[_left(subtree)], above)
            nodes[subtree] = above
            rows.append({"level": subtree.level, "position": subtree.position, "hash": above.hex()})
    if rows:
        session.execute(insert(NODE), rows)
    return first


def size_of(session: Session) -> int:
    """How many leaves there are."""
    return session.execute(select(SIZE.c.size).where(SIZE.c.id == THE_LOG)).scalar_one_or_none() or 0


def proofs(session: Session, size: int, indexes: list[int]) -> tuple[str, dict[int, list[str]]]:
    """The root of the first `size` leaves, and the inclusion proof of each leaf named by its index; all in hex."""
    needed = {subtree for index in indexes for subtree in merkle.subtrees_needed(index, size)}
    known = _nodes(session, needed | set(merkle.range_of_subtrees(0, size)))
    root = merkle.root(0, size, known.__getitem__)
    paths = {i: [step.hex() for step in merkle.inclusion_proof(i, size, known.__getitem__)] for i in indexes}
    return root.hex(), paths


def _left(subtree: merkle.Subtree) -> merkle.Subtree:
    """The left half of a subtree that its last leaf has just completed."""
    return merkle.Subtree(subtree.level - 1, subtree.position * 2)


def consistency(session: Session, first: int, second: int) -> list[str]:
    """The proof that the first `second` leaves begin with the first `first`, in hex."""
    known = _nodes(session, merkle.consistency_needs(first, second))
    return [step.hex() for step in merkle.consistency_proof(first, second, known.__getitem__)]


def index_of(session: Session, leaf_hash: str) -> int | None:
    """The index of a leaf; none if there is no such leaf."""
    query = select(NODE.c.position).where(text("level = 0"), NODE.c.hash == leaf_hash).limit(1)
    index: int | None = session.execute(query).scalar_one_or_none()
    return index


def _next_index(session: Session, count: int) -> int:
    first = insert_into(session, SIZE).values(id=THE_LOG, size=count)
    counted = first.on_conflict_do_update(index_elements=["id"], set_={"size": SIZE.c.size + count})
    size: int = session.execute(counted.returning(SIZE.c.size)).scalar_one()
    return size - count


def _nodes(session: Session, subtrees: set[merkle.Subtree]) -> dict[merkle.Subtree, bytes]:
    if not subtrees:
        return {}
    positions: dict[int, list[int]] = {}
    for subtree in sorted(subtrees):
        positions.setdefault(subtree.level, []).append(subtree.position)
    # Level by level: SQLite answers `(level, position) IN (…)` with a scan of the whole log.
    chosen = or_(*((NODE.c.level == level) & NODE.c.position.in_(found) for level, found in positions.items()))
    rows = session.execute(select(NODE.c.level, NODE.c.position, NODE.c.hash).where(chosen))
    return {merkle.Subtree(level, position): bytes.fromhex(text) for level, position, text in rows}
