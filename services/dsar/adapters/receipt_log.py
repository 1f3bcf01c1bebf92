"""The receipt log in SQL (RFC 9162): leaves and perfect subtrees, appended by one transaction at a time."""

from typing import Any

from sqlalchemy import insert, or_, select

from chassis.database import Session, insert_into
from kernel import merkle
from services.dsar.tables import ReceiptLogNode, ReceiptLogSize

THE_LOG = 1
NODE: Any = ReceiptLogNode.__table__  # type: ignore[attr-defined] # every table model has one
SIZE: Any = ReceiptLogSize.__table__  # type: ignore[attr-defined]


def append(session: Session, leaf: bytes) -> int:
    """Append a leaf; returns its index. The row of the size makes replicas take turns."""
    index = _next_index(session)
    completed = merkle.completed_by(index)
    nodes = _nodes(session, {_left(subtree) for subtree in completed})
    right = leaf
    rows = [{"level": 0, "position": index, "hash": leaf.hex()}]
    for subtree in completed:
        right = merkle.node_hash(nodes[_left(subtree)], right)
        rows.append({"level": subtree.level, "position": subtree.position, "hash": right.hex()})
    session.execute(insert(NODE), rows)
    return index


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


def _next_index(session: Session) -> int:
    first = insert_into(session, SIZE).values(id=THE_LOG, size=1)
    counted = first.on_conflict_do_update(index_elements=["id"], set_={"size": SIZE.c.size + 1})
    size: int = session.execute(counted.returning(SIZE.c.size)).scalar_one()
    return size - 1


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
