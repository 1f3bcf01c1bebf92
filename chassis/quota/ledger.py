"""Counting in memory, in blocks reserved from the database: no write in a request's path.

A use takes one of the block at hand. A block that runs low is followed by the next in the background, so that only a
key's first use of a day waits for the database; all who wait for one key share a reservation, and all keys that want
one at a moment share a transaction. What a ledger does not use goes back some seconds after the last use, and at the
end of the service.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import islice, takewhile

from chassis.database import DATABASE_FAILURES, Database
from chassis.quota.counters import Granted, QuotaCounters, Slot, Wanted
from chassis.telemetry import Log
from contracts.errors import ErrorKind, Refusal

IDLE_SECONDS = 20.0
SWEEP_SECONDS = 5.0
# How long a full counter is believed; another replica may give uses back.
FULL_SECONDS = 5.0
BLOCKS_MAX = 20_000
BATCH_MAX = 256
# The next block is reserved when less than this part of the last one is left.
LOW_PART = 4
CLOSE_TRIES_MAX = 3

log = Log("quota")


@dataclass(slots=True)
class Block:
    """What one ledger may still allow of one slot without asking."""

    limit: int
    used_at: float
    left: int = 0
    low: int = 0
    waiting: int = 0
    full_until: float = 0.0
    is_forgotten: bool = False
    # Set while a reservation is wanted or under way.
    reserved: asyncio.Future[None] | None = field(default=None, repr=False)


class QuotaLedger:
    """The counts of one process. Two of them on one database never allow more than the limit between them."""

    def __init__(
        self,
        database: Database,
        counters: QuotaCounters,
        *,
        idle_seconds: float = IDLE_SECONDS,
        blocks_max: int = BLOCKS_MAX,
    ) -> None:
        self._database = database
        self._counters = counters
        self._idle_seconds = idle_seconds
        self._blocks_max = blocks_max
        self._blocks: OrderedDict[Slot, Block] = OrderedDict()  # least recently used first
        self._wanted: list[tuple[Slot, Block]] = []
        self._unused: dict[Slot, int] = {}
        self._forgotten: set[str] = set()
        self._work: asyncio.Task[None] | None = None
        self._sweep: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def take(self, slot: Slot, limit: int) -> bool:
        """Count one use; returns whether there was room for it.

        Raises:
            Refusal: the slot's account was erased meanwhile, or too many are counted at once.
            Exception: of the database, where a block has to be reserved first and that failed.
        """
        self._loop = loop = asyncio.get_running_loop()
        block = self._block(slot, limit)
        while block.left < 1:
            if block.full_until > loop.time():
                return False
            await self._wait(slot, block)
        block.left -= 1
        block.used_at = loop.time()
        if block.left < block.low and block.reserved is None and not block.full_until:
            block.reserved = loop.create_future()
            self._want(slot, block)
        return True

    def forget(self, keys: Collection[str]) -> None:
        """End the counters of these keys, those that are just being reserved included. Callable from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._forget, frozenset(keys))

    async def close(self) -> None:
        """Write back all that is not used."""
        for _ in range(CLOSE_TRIES_MAX):
            self._release(list(self._blocks))
            self._start_work()
            if self._work is None:
                break
            await self._work
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None

    def __len__(self) -> int:
        return len(self._blocks)

    def _block(self, slot: Slot, limit: int) -> Block:
        block = self._blocks.get(slot)
        if block is not None and block.limit == limit:
            self._blocks.move_to_end(slot)
            return block
        if block is not None:  # the account's tier has changed
            self._release([slot])
        elif len(self._blocks) >= self._blocks_max:
            self._make_room()
        block = self._blocks[slot] = Block(limit, asyncio.get_running_loop().time())
        self._watch_idle()
        return block

    def _make_room(self) -> None:
        oldest = next((slot for slot, block in self._blocks.items() if block.reserved is None), None)
        if oldest is None:
            raise Refusal(ErrorKind.UNAVAILABLE, "busy", retry_after_seconds=1)
        self._release([oldest])
        self._start_work()

    async def _wait(self, slot: Slot, block: Block) -> None:
        if block.reserved is None:
            block.reserved = asyncio.get_running_loop().create_future()
            self._want(slot, block)
        block.waiting += 1
        try:
            await asyncio.shield(block.reserved)
        finally:
            block.waiting -= 1
        if block.is_forgotten:
            raise Refusal(ErrorKind.UNAUTHENTICATED, "no-account")

    def _want(self, slot: Slot, block: Block) -> None:
        self._wanted.append((slot, block))
        self._start_work()

    def _start_work(self) -> None:
        if self._work is None and (self._wanted or self._unused or self._forgotten):
            self._work = asyncio.get_running_loop().create_task(self._settle_all())

    async def _settle_all(self) -> None:
        await asyncio.sleep(0)  # whoever asks in this turn of the loop shares the transaction
        try:
            while (self._wanted or self._unused or self._forgotten) and await self._settle():
                pass
        finally:
            self._work = None

    async def _settle(self) -> bool:
        """One transaction for what is wanted and what is given back; whether it succeeded."""
        asked, self._wanted = self._wanted[:BATCH_MAX], self._wanted[BATCH_MAX:]
        unused = dict(islice(self._unused.items(), BATCH_MAX))
        for slot in unused:
            del self._unused[slot]
        forgotten = frozenset(self._forgotten)
        wanted = [Wanted(slot, block.limit, block.waiting, block.left) for slot, block in asked]
        try:
            granted = await self._database.write(self._counters.settle, wanted, unused, forgotten)
        except BaseException as error:  # whatever it is, those who wait are told
            self._failed(error, [*asked, *self._wanted], unused)
            if isinstance(error, DATABASE_FAILURES):
                return False
            raise
        self._forgotten -= forgotten
        for (slot, block), grant in zip(asked, granted, strict=True):
            self._take_over(slot, block, grant)
        return True

    def _failed(self, error: BaseException, asked: list[tuple[Slot, Block]], unused: dict[Slot, int]) -> None:
        """Tell everybody who waits, and keep for later what was to be given back."""
        self._wanted = []
        for _, block in asked:
            reserved, block.reserved = block.reserved, None
            if reserved is not None:
                reserved.set_exception(error)
                reserved.exception()  # nobody waits for a block that is reserved ahead
        for slot, uses in unused.items():
            self._give_back(slot, uses)
        log.warning("quota counters not written", error=error, count=len(asked) + len(unused))

    def _take_over(self, slot: Slot, block: Block, granted: Granted) -> None:
        reserved, block.reserved = block.reserved, None
        block.left += granted.uses
        block.low = max(1, block.left // LOW_PART)
        block.full_until = asyncio.get_running_loop().time() + FULL_SECONDS if granted.is_last else 0.0
        if block.is_forgotten:
            block.left = 0
            self._forgotten.add(slot.quota_key)
        elif self._blocks.get(slot) is not block:  # released meanwhile: only those who wait for it use it
            spare = max(0, block.left - block.waiting)
            block.left -= spare
            self._give_back(slot, spare)
        if reserved is not None:
            reserved.set_result(None)

    def _release(self, slots: Collection[Slot]) -> None:
        """Drop blocks; what is left of them is to be given back."""
        for slot in slots:
            block = self._blocks.pop(slot)
            uses, block.left = block.left, 0
            self._give_back(slot, uses)

    def _give_back(self, slot: Slot, uses: int) -> None:
        if uses and len(self._unused) < self._blocks_max:  # beyond that the day's rest is lost, not the memory
            self._unused[slot] = self._unused.get(slot, 0) + uses

    def _forget(self, keys: frozenset[str]) -> None:
        for slot in [slot for slot in self._blocks if slot.quota_key in keys]:
            block = self._blocks.pop(slot)
            block.left, block.is_forgotten = 0, True
        for slot in [slot for slot in self._unused if slot.quota_key in keys]:
            del self._unused[slot]

    def _watch_idle(self) -> None:
        if self._sweep is None and (self._blocks or self._unused or self._forgotten):
            seconds = min(SWEEP_SECONDS, self._idle_seconds)
            self._sweep = asyncio.get_running_loop().call_later(seconds, self._sweep_idle)

    def _sweep_idle(self) -> None:
        self._sweep = None
        idle_since = asyncio.get_running_loop().time() - self._idle_seconds
        used_before = takewhile(lambda item: item[1].used_at < idle_since, self._blocks.items())
        self._release([slot for slot, block in used_before if block.reserved is None])
        self._start_work()
        self._watch_idle()
