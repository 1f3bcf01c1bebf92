"""The loops beside the endpoints: what is owed to Brevo is done at once; old consents and the list are looked at."""

import asyncio
from collections.abc import Awaitable, Callable

from chassis.database import DATABASE_FAILURES, Database
from chassis.telemetry import Log
from services.newsletter.adapters.tasks import BREVO
from services.newsletter.ports import RecipientUnavailable

IDLE_SECONDS = 2.0
TROUBLE_SECONDS = 1.0

log = Log("brevo")


class Worker:
    """Does the next thing for as long as there is one; woken by a commit that owes something."""

    def __init__(self, database: Database, do_next: Callable[[], Awaitable[bool]]) -> None:
        self._do_next = do_next
        self._awake = asyncio.Event()
        database.on_commit(BREVO, self._awake.set)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._awake.clear()
            try:
                busy = await self._do_next()
            except RecipientUnavailable as trouble:
                log.warning("brevo task postponed", error=trouble, vendor="brevo")
                wait = trouble.retry_after.total_seconds() if trouble.retry_after else 0.0
                await asyncio.sleep(max(wait, TROUBLE_SECONDS))
                continue
            except DATABASE_FAILURES as error:
                log.warning("brevo tasks unreachable", error=error)
                await asyncio.sleep(TROUBLE_SECONDS)
                continue
            if not busy:
                await self._idle()

    async def _idle(self) -> None:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._awake.wait()
        except TimeoutError:
            return  # nobody woke us: a postponed task may have become due


async def regularly(seconds: float, step: Callable[[], Awaitable[None]]) -> None:
    """Do something every so often, the first time after one such period."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await step()
        except DATABASE_FAILURES as error:
            log.warning("regular step failed", error=error)
