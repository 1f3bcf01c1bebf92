"""Does what is due, item by item: each on its own clock, several side by side, and none can stop the others."""

import asyncio
import functools
from collections.abc import Awaitable, Callable

from chassis.clock import Clock
from chassis.database import DATABASE_FAILURES, StillBusy
from chassis.tasks import end_all
from chassis.telemetry import Log
from contracts.errors import Refusal
from services.dsar.domain.attempts import Due
from services.dsar.ports import WorkItems

AT_ONCE_MAX = 16
# Read more than may run, so that those that run already do not hide those that wait.
DUE_MAX = 4 * AT_ONCE_MAX
SWEEP_SECONDS = 5.0
RUNNING_SECONDS, TROUBLE_SECONDS, REST_MIN_SECONDS = 0.25, 1.0, 0.02
# Somebody is away: the item waits as long as it takes, and is no poison.
AWAY: tuple[type[Exception], ...] = (Refusal, StillBusy, *DATABASE_FAILURES)

log = Log("work list")


class WorkList:
    """Items by `next_attempt_at`; `attempt` does one, and says in the database when it is due again."""

    def __init__(self, stage: str, items: WorkItems, attempt: Callable[[Due], Awaitable[None]], clock: Clock) -> None:
        self._stage = stage
        self._items = items
        self._attempt = attempt
        self._clock = clock
        self._awake = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """Look now: something may have become due."""
        self._awake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                self._awake.clear()
                try:
                    seconds = await self._begin_due()
                except DATABASE_FAILURES as error:
                    log.warning("work list waits", error=error, stage=self._stage)
                    seconds = TROUBLE_SECONDS
                await self._rest(seconds)
        finally:
            await end_all(set(self._running.values()))

    async def _begin_due(self) -> float:
        """Begin what is due, as far as there is room; the seconds until the next look."""
        due, next_at = await self._items.due(DUE_MAX)
        for item in due:
            if item.key not in self._running and len(self._running) < AT_ONCE_MAX:
                task = asyncio.create_task(self._do(item))
                self._running[item.key] = task
                task.add_done_callback(functools.partial(self._ended, item.key))
        if self._running:
            return RUNNING_SECONDS
        if next_at is None:
            return SWEEP_SECONDS
        return max(REST_MIN_SECONDS, min(SWEEP_SECONDS, (next_at - self._clock.now()).total_seconds()))

    def _ended(self, key: str, _: asyncio.Task[None]) -> None:
        self._running.pop(key, None)
        self.wake()

    async def _do(self, item: Due) -> None:
        try:
            await self._attempt(item)
        except AWAY as error:
            kind = error.kind.value if isinstance(error, Refusal) else type(error).__name__
            log.warning("item waits", kind=kind, stage=self._stage)
            await self._failed(item, is_poison=False)
        except Exception as error:
            # A page that cannot be read, a row that is broken, a bug: it is this item's own, and the others go on.
            log.failure("item failed", error=error, stage=self._stage)
            await self._failed(item, is_poison=True)

    async def _failed(self, item: Due, *, is_poison: bool) -> None:
        try:
            if await self._items.fail(item, is_poison=is_poison):
                log.failure("item quarantined", stage=self._stage)
        except DATABASE_FAILURES as error:
            log.warning("failure not noted", error=error, stage=self._stage)
            await asyncio.sleep(TROUBLE_SECONDS)  # it is still due

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        except TimeoutError:
            return
