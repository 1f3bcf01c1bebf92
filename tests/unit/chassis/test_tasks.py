"""A task ends although its first cancellation got lost; one that never ends does not hold up the rest for ever."""

import asyncio
from contextlib import suppress

import pytest

from chassis import tasks
from chassis.tasks import end_all


async def loses(cancellations: int) -> None:
    """Sleep on, as a loop does whose library swallowed the cancellation."""
    for _ in range(cancellations):
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
    await asyncio.sleep(60)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AGAIN_SECONDS", 0.01)


@pytest.mark.parametrize("lost", [0, 1, 3])
async def test_a_task_ends_although_cancellations_get_lost(lost: int) -> None:
    running = {asyncio.create_task(loses(lost)) for _ in range(3)}
    await asyncio.sleep(0)
    await end_all(running)
    assert all(task.cancelled() for task in running)


async def test_a_task_that_does_not_end_is_told_and_left(caplog: pytest.LogCaptureFixture) -> None:
    stubborn = asyncio.create_task(loses(tasks.TIMES_MAX))
    await asyncio.sleep(0)
    await end_all({stubborn})
    assert not stubborn.done()
    assert caplog.messages == ["tasks do not end"]
    stubborn.cancel()
    with suppress(asyncio.CancelledError):
        await stubborn
