"""Waiting for what will soon be so, never longer than stated."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

POLL_SECONDS = 0.05

Found = TypeVar("Found")


async def until(condition: Callable[[], Found | None], within_seconds: float = 5) -> Found:
    """What the condition finds, once it finds something.

    Raises:
        TimeoutError: it did not in time.
    """
    async with asyncio.timeout(within_seconds):
        while not (found := condition()):
            await asyncio.sleep(POLL_SECONDS)
    return found
