"""Loops beside the endpoints: what is owed is done at once, and what comes round is done every so often."""

import asyncio
from collections.abc import Awaitable, Callable

from chassis.database import DATABASE_FAILURES
from chassis.telemetry import Log

IDLE_SECONDS = 2.0
TROUBLE_SECONDS = 1.0

log = Log("worker")


class Worker:
    """Does the next thing for as long as there is one; `failures` are waited out, since what failed stays owed.

    `do_next` answers whether there was anything to do.
    """

    def __init__(
        self, name: str, do_next: Callable[[], Awaitable[bool]], failures: tuple[type[Exception], ...] = ()
    ) -> None:
        self._name = name
        self._do_next = do_next
        self._failures = (*failures, *DATABASE_FAILURES)
        self._awake = asyncio.Event()

    def wake(self) -> None:
        """Look now rather than at the next poll: for `Database.on_commit`."""
        self._awake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._awake.clear()
            try:
                busy = await self._do_next()
            except self._failures as error:
                log.warning("worker waits", error=error, stage=self._name)
                await asyncio.sleep(TROUBLE_SECONDS)
                continue
            if not busy:
                await self._idle()

    async def _idle(self) -> None:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._awake.wait()
        except TimeoutError:
            return  # nobody woke us: something postponed may have become due


async def regularly(
    name: str,
    seconds: float,
    step: Callable[[], Awaitable[None]],
    *,
    first_after_seconds: float | None = None,
    failures: tuple[type[Exception], ...] = (),
) -> None:
    """Do something every so often, the first time after one such period or as told; failures wait for the next."""
    await asyncio.sleep(seconds if first_after_seconds is None else first_after_seconds)
    while True:
        try:
            await step()
        except (*failures, *DATABASE_FAILURES) as error:
            log.warning("step postponed", error=error, stage=name)
        await asyncio.sleep(seconds)
