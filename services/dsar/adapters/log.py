"""The log of receipts in SQL: leaves and perfect subtrees, appended by one transaction at a time."""

from typing import Any

from sqlalchemy import tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, insert, select

from chassis.database import insert_into
from kernel import merkle
from services.dsar.tables import LogNode, LogSize

THE_LOG = 1


async def append(session: AsyncSession, leaves: list[bytes]) -> list[int]:
    """Append leaves; returns their indexes. The row of the size makes replicas take turns."""
    start = await _take_places(session, len(leaves))
    indexes = list(range(start, start + len(leaves)))
    completed = {index: merkle.completed_by(index) for index in indexes}
    halves = {_left(subtree) for subtrees in completed.values() for subtree in subtrees}
    nodes = await _nodes(session, {half for half in halves if _end(half) <= start})
    known = set(nodes)
    for index, leaf in zip(indexes, leaves, strict=True):
        right = nodes[merkle.Subtree(0, index)] = leaf
        for subtree in completed[index]:
            right = nodes[subtree] = merkle.node_hash(nodes[_left(subtree)], right)
    rows = [{"level": s.level, "position": s.position, "hash": h.hex()} for s, h in nodes.items() if s not in known]
    await session.execute(insert(_table(LogNode)), rows)
    return indexes


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


def _end(subtree: merkle.Subtree) -> int:
    """The index after a subtree's last leaf."""
    return (subtree.position + 1) << subtree.level


async def _take_places(session: AsyncSession, count: int) -> int:
    table = _table(LogSize)
    first = insert_into(session, table).values(id=THE_LOG, size=count)
    counted = first.on_conflict_do_update(index_elements=["id"], set_={"size": table.c.size + count})
    size: int = (await session.execute(counted.returning(table.c.size))).scalar_one()
    return size - count


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
