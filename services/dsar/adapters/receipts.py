"""Receipts in SQL: what arrives while a transaction is under way is stored together by the next one."""

import asyncio
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select, update

from chassis.clock import Clock
from chassis.database import Database, wake_after_commit
from services.dsar.adapters import log
from services.dsar.adapters.requests import ERASING
from services.dsar.domain.erasure import OWN_HOLDER
from services.dsar.tables import ExpectedReceipt

TOGETHER_MAX = 64


class Arrived(NamedTuple):
    """A verified receipt, and its leaf in the log."""

    erasure_id: str
    holder: str
    receipt: bytes
    leaf: bytes


class SqlReceipts:
    """Stores receipts, each once, and appends them to the log."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._turn = asyncio.Lock()
        self._waiting: list[tuple[Arrived, asyncio.Future[str]]] = []

    async def store(self, erasure_id: str, holder: str, receipt: bytes, leaf: bytes) -> str:
        """Store one: stored, duplicate, or unexpected. It is committed when this returns."""
        outcome: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.append((Arrived(erasure_id, holder, receipt, leaf), outcome))
        while not outcome.done():
            async with self._turn:
                if not outcome.done():
                    await self._store_waiting()
        return await outcome

    async def _store_waiting(self) -> None:
        together, self._waiting = self._waiting[:TOGETHER_MAX], self._waiting[TOGETHER_MAX:]
        try:
            async with self._database.write() as session:
                outcomes = await self._store_together(session, [arrived for arrived, _ in together])
            for (_, future), outcome in zip(together, outcomes, strict=True):
                if not future.done():
                    future.set_result(outcome)
        finally:
            for _, future in together:
                future.cancel()  # those without an outcome: their deliveries come again

    async def _store_together(self, session: AsyncSession, arrived: list[Arrived]) -> list[str]:
        places = [(receipt.erasure_id, receipt.holder) for receipt in arrived]
        place = tuple_(col(ExpectedReceipt.erasure_id), col(ExpectedReceipt.holder))
        query = select(ExpectedReceipt.erasure_id, ExpectedReceipt.holder, ExpectedReceipt.received_at)
        rows = await session.execute(query.where(place.in_(places)).with_for_update())
        open_places = {(erasure_id, holder): at is None for erasure_id, holder, at in rows}
        outcomes, new = [], []
        for receipt, at in zip(arrived, places, strict=True):
            outcomes.append("unexpected" if at not in open_places else "stored" if open_places[at] else "duplicate")
            if open_places.get(at):
                new.append(receipt)
                open_places[at] = False
        if new:
            await self._store_new(session, new)
        return outcomes

    async def _store_new(self, session: AsyncSession, new: list[Arrived]) -> None:
        indexes = await log.append(session, [receipt.leaf for receipt in new])
        table: Any = ExpectedReceipt.__table__  # type: ignore[attr-defined] # every table model has one
        stored = update(table).where(table.c.erasure_id == bindparam("of"), table.c.holder == bindparam("by"))
        values = [
            {
                "of": receipt.erasure_id,
                "by": receipt.holder,
                "receipt": receipt.receipt,
                "leaf_index": index,
                "received_at": self._clock.now(),
            }
            for receipt, index in zip(new, indexes, strict=True)
        ]
        await (await session.connection()).execute(stored, values)
        if await self._others_done(session, {receipt.erasure_id for receipt in new}):
            wake_after_commit(session, ERASING)

    async def _others_done(self, session: AsyncSession, erasure_ids: Iterable[str]) -> bool:
        """Whether one of the erasures waits for no other holder of ours: before that, no step can follow."""
        ids = set(erasure_ids)
        missing = select(func.count(func.distinct(col(ExpectedReceipt.erasure_id)))).where(
            col(ExpectedReceipt.erasure_id).in_(ids),
            col(ExpectedReceipt.received_at).is_(None),
            col(ExpectedReceipt.recipient).is_(False),
            col(ExpectedReceipt.holder) != OWN_HOLDER,
        )
        unfinished: int = (await session.execute(missing)).scalar_one()
        return unfinished < len(ids)
