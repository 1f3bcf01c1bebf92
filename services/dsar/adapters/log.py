"""The log of receipts in SQL: leaves and perfect subtrees, appended by one transaction at a time."""

from typing import Any

from sqlalchemy import tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, insert, select, update

from chassis.database import insert_into
from contracts import merkle
from services.dsar.tables import LogNode, LogSize

THE_LOG = 1


async def append(session: AsyncSession, leaf: bytes) -> int:
    """Append a leaf; returns its index. The row of the size makes replicas take turns."""
    index = await _take_place(session)
    nodes = {merkle.Subtree(0, index): leaf}
    completed = merkle.completed_by(index)
    known = await _nodes(session, {_left(subtree) for subtree in completed})
    right = leaf
    for subtree in completed:
        right = merkle.node_hash(known[_left(subtree)], right)
        nodes[subtree] = right
    rows = [{"level": s.level, "position": s.position, "hash": h.hex()} for s, h in nodes.items()]
    await session.execute(insert(LogNode), rows)
    return index


async def size_of(session: AsyncSession) -> int:
    """How many leaves there are."""
    return (await session.execute(select(LogSize.size).where(col(LogSize.id) == THE_LOG))).scalar_one_or_none() or 0


async def proofs(session: AsyncSession, size: int, indexes: list[int]) -> tuple[str, dict[int, list[str]]]:
    """The root of the first `size` leaves, and each leaf's path to it; in hex."""
    needed = {subtree for index in indexes for subtree in merkle.subtrees_needed(index, size)}
    known = await _nodes(session, needed | set(merkle.range_of_subtrees(0, size)))
    root = merkle.root(0, size, known.__getitem__)
    paths = {i: [step.hex() for step in merkle.inclusion_proof(i, size, known.__getitem__)] for i in indexes}
    return root.hex(), paths


def _left(subtree: merkle.Subtree) -> merkle.Subtree:
    """The left half of a subtree that its last leaf has just completed."""
    return merkle.Subtree(subtree.level - 1, subtree.position * 2)


async def _take_place(session: AsyncSession) -> int:
    first = insert_into(session, _table(LogSize)).values(id=THE_LOG, size=0).on_conflict_do_nothing()
    await session.execute(first)
    counted = (
        update(LogSize).where(col(LogSize.id) == THE_LOG).values(size=LogSize.size + 1).returning(col(LogSize.size))
    )
    size: int = (await session.execute(counted)).scalar_one()
    return size - 1


async def _nodes(session: AsyncSession, subtrees: set[merkle.Subtree]) -> dict[merkle.Subtree, bytes]:
    if not subtrees:
        return {}
    place = tuple_(col(LogNode.level), col(LogNode.position))
    rows = await session.execute(
        select(LogNode.level, LogNode.position, LogNode.hash).where(place.in_([tuple(s) for s in subtrees]))
    )
    return {merkle.Subtree(level, position): bytes.fromhex(text) for level, position, text in rows}


def _table(model: type[Any]) -> Any:
    return model.__table__
