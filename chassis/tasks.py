"""Ending tasks for good."""

import asyncio
from collections.abc import Iterable
from typing import Any

from chassis.telemetry import Log

# Out of step with the seconds that loops rest for: a task is better cancelled at rest than in a transaction.
AGAIN_SECONDS = 0.7
TIMES_MAX = 5

log = Log("tasks")


async def end_all(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks until they have ended; what they raise is left where it is.

    More than once, since a cancellation can get lost on its way: `asyncio.wait_for` of Python 3.11 returns its
    result instead when that comes in the same moment (python/cpython#86296), and libraries wait with it.
    """
    running = set(tasks)
    for _ in range(TIMES_MAX):
        for task in running:
            task.cancel()
        if running:
            _, running = await asyncio.wait(running, timeout=AGAIN_SECONDS)
    if running:
        log.failure("tasks do not end", count=len(running))
