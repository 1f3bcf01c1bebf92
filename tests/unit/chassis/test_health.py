"""A process that could not react says so."""

import asyncio
import logging
import time
from contextlib import suppress

import pytest

from chassis.health import CHECK_SECONDS, watch_event_loop
from contracts.holder import HEALTH


@pytest.mark.parametrize(("blocked_seconds", "said"), [(0.3, True), (0.0, False)])
async def test_a_blocked_event_loop_is_told(
    caplog: pytest.LogCaptureFixture, blocked_seconds: float, said: bool
) -> None:
    caplog.set_level(logging.WARNING)
    watching = asyncio.create_task(watch_event_loop(look_seconds=0.02, late_seconds=0.2))
    await asyncio.sleep(0.01)
    time.sleep(blocked_seconds)
    await asyncio.sleep(0.05)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    assert ("event loop was held up" in caplog.messages) is said


def test_a_service_can_still_name_its_database_before_its_caller_gives_up() -> None:
    assert all(call.deadline_seconds > CHECK_SECONDS for call in HEALTH.values())
