"""A work list does what is due; whatever one item does, the others and the process go on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from contracts.errors import ErrorKind, Refusal
from services.dsar.domain.attempts import POISONED_AFTER, QUARANTINE_RETRY, RETRY_MAX, Due, after_failure
from services.dsar.endpoints.work_list import AT_ONCE_MAX, WorkList
from tests.support.clock import START
from tests.unit.dsar.conftest import World
from tests.unit.dsar.fakes import a_case


@asynccontextmanager
async def working(world: World, attempt: Callable[[Due], object]) -> AsyncIterator[None]:
    async def done(due: Due) -> None:
        outcome = attempt(due)
        if asyncio.iscoroutine(outcome):
            await outcome
        await world.requests.gathered(due.key, [])

    task = asyncio.create_task(WorkList("packages", world.requests, done, world.clock).run())
    yield
    assert not task.done()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def until_closed(world: World, *names: str) -> None:
    async with asyncio.timeout(20):
        while any(world.requests.cases[name].state != "closed" for name in names):
            await asyncio.sleep(0.01)


FAILURES = [ValueError("a page that cannot be read"), KeyError("x"), Refusal(ErrorKind.UNAVAILABLE, "away"), OSError()]


@pytest.mark.parametrize("error", FAILURES)
async def test_items_that_fail_hold_up_nobody_and_end_nothing(world: World, error: Exception) -> None:
    for number in range(200):
        await world.requests.record(a_case(f"stuck-{number}", f"account-{number}"), [], None)
    await world.requests.record(a_case("healthy", "account-healthy"), [], None)

    def attempt(due: Due) -> None:
        if due.key.startswith("stuck"):
            raise error

    async with working(world, attempt):
        await until_closed(world, "healthy")
    assert world.requests.cases["stuck-0"].state == "gathering"


async def test_items_that_hang_leave_room_for_others(world: World) -> None:
    for number in range(AT_ONCE_MAX - 1):
        await world.requests.record(a_case(f"hanging-{number}", f"account-{number}"), [], None)
    await world.requests.record(a_case("healthy", "account-healthy"), [], None)

    async def attempt(due: Due) -> None:
        if due.key.startswith("hanging"):
            await asyncio.Event().wait()

    async with working(world, attempt):
        await until_closed(world, "healthy")
    assert world.requests.cases["hanging-0"].state == "gathering"


def test_waiting_for_somebody_never_ends_in_quarantine_and_poison_does() -> None:
    pauses = [after_failure(failures, START, is_poison=False)[0] - START for failures in range(1, 40)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(seconds=1), RETRY_MAX)
    assert not after_failure(1000, START, is_poison=False)[1]
    assert not after_failure(POISONED_AFTER - 1, START, is_poison=True)[1]
    assert after_failure(POISONED_AFTER, START, is_poison=True) == (START + QUARANTINE_RETRY, True)
