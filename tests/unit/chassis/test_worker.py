"""The loop beside the endpoints: at once while there is work, asleep while there is none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from chassis.metrics import PUT_OFF, STEP_BLOCKED
from chassis.tasks import end_all
from chassis.worker import AT_ONCE, OneByOne, Worker, back_off, regularly
from tests.support.clock import START, FakeClock
from tests.support.waiting import until


class Refused(Exception):
    """Of one item."""


class Away(Exception):
    """Of everything."""


@dataclass(frozen=True)
class Task:
    name: str
    due_at: datetime = START
    attempts: int = 0


@dataclass
class Tasks:
    """A list in memory that keeps to the port."""

    clock: FakeClock
    waiting: dict[str, Task] = field(default_factory=dict)
    failing: dict[str, Exception] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    put_off_for: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, failure: Exception | None = None, attempts: int = 0) -> None:
        self.waiting[name] = Task(name, self.clock.now(), attempts)
        if failure is not None:
            self.failing[name] = failure

    async def take(self) -> Task | datetime | None:
        due = [task for task in self.waiting.values() if task.due_at <= self.clock.now()]
        if not due:
            return min((task.due_at for task in self.waiting.values()), default=None)
        task = min(due, key=lambda one: (one.attempts, one.due_at))
        return replace(task, attempts=task.attempts + 1)

    async def carry_out(self, item: Task) -> None:
        if item.name in self.failing:
            raise self.failing[item.name]
        del self.waiting[item.name]
        self.done.append(item.name)

    async def put_off(self, item: Task, reason: str) -> None:
        self.put_off_for.append((item.name, reason))
        self.waiting[item.name] = replace(item, due_at=self.clock.now() + timedelta(minutes=item.attempts))


@pytest.fixture
def tasks() -> Tasks:
    return Tasks(FakeClock())


def step_of(tasks: Tasks) -> OneByOne[Task]:
    return OneByOne("tasks", tasks, tasks.clock, refusals=(Refused,), outages=(Away,))


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[None]:
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        await end_all({task})


async def test_one_that_may_succeed_never_stands_behind_those_that_failed(tasks: Tasks) -> None:
    for number in range(300):
        tasks.add(f"stuck-{number}", Refused("status-400"), attempts=1)
    tasks.add("healthy")
    assert await step_of(tasks).step() == AT_ONCE
    assert tasks.done == ["healthy"]


@pytest.mark.parametrize("failure", [Refused("status-400"), ValueError("a bug"), RecursionError()])
async def test_a_failing_item_waits_alone_and_says_why(tasks: Tasks, failure: Exception) -> None:
    tasks.add("stuck", failure)
    tasks.add("healthy")
    one_by_one = step_of(tasks)
    assert [await one_by_one.step() for _ in range(2)] == [AT_ONCE, AT_ONCE]
    assert await one_by_one.step() == 60
    assert tasks.done == ["healthy"]
    reason = str(failure) if isinstance(failure, Refused) else type(failure).__name__
    assert tasks.put_off_for == [("stuck", reason)]
    assert PUT_OFF.read(stage="tasks", reason=reason if reason == "status-400" else "other") > 0


async def test_after_an_outage_nothing_is_taken_for_longer_and_longer_until_it_is_over(tasks: Tasks) -> None:
    one_by_one = step_of(tasks)
    tasks.add("one", Away("no-answer"))
    pauses = []
    for _ in range(12):
        pauses.append(await one_by_one.step() or 0)
        tasks.clock.advance(timedelta(hours=1))
    assert 0 < pauses[0] <= 1
    assert 30 <= pauses[-1] <= 60
    tasks.failing.clear()
    assert await one_by_one.step() == AT_ONCE


async def test_a_database_that_is_away_is_the_loops_to_wait_for(tasks: Tasks) -> None:
    tasks.add("one", ConnectionError())
    with pytest.raises(ConnectionError):
        await step_of(tasks).step()
    assert tasks.put_off_for == []


async def test_without_work_it_sleeps_until_it_is_woken(tasks: Tasks) -> None:
    worker = Worker("tasks", step_of(tasks).step)
    async with running(worker):
        await asyncio.sleep(0.01)
        tasks.add("one")
        await asyncio.sleep(0.05)
        assert tasks.done == []
        worker.wake()
        await until(lambda: tasks.done == ["one"])


async def test_a_wake_up_during_a_step_is_not_lost() -> None:
    looks, may_end = 0, asyncio.Event()

    async def step() -> None:
        nonlocal looks
        looks += 1
        await may_end.wait()

    worker = Worker("tasks", step)
    async with running(worker):
        await until(lambda: looks == 1)
        worker.wake()
        may_end.set()
        await until(lambda: looks == 2)


async def test_it_looks_again_when_the_next_thing_is_due() -> None:
    pauses: list[float | None] = [0.05, None]
    steps = iter(pauses)
    looks = 0

    async def step() -> float | None:
        nonlocal looks
        looks += 1
        return next(steps)

    async with running(Worker("tasks", step)):
        await until(lambda: looks == 2)
        await asyncio.sleep(0.1)
        assert looks == 2


async def test_failures_are_waited_out_and_anything_else_ends_it() -> None:
    outcomes = iter([OSError(), Refused(), ZeroDivisionError()])

    async def step() -> None:
        raise next(outcomes)

    with pytest.raises(ZeroDivisionError):
        await Worker("tasks", step, failures=(Refused,)).run()


async def test_failing_is_told_until_a_try_succeeds() -> None:
    outcomes = iter([OSError(), OSError(), None])
    told: list[bool] = []

    async def step() -> None:
        told.append(STEP_BLOCKED.read(stage="what-fails-twice") > 0)
        outcome = next(outcomes)
        if outcome is not None:
            raise outcome

    async with running(Worker("what fails twice", step)):
        await until(lambda: len(told) == 3)
        await until(lambda: STEP_BLOCKED.read(stage="what-fails-twice") == 0)
    assert told == [False, True, True]


async def test_what_comes_round_is_tried_again_soon_after_a_failure() -> None:
    outcomes: list[Exception | None] = [OSError(), None]
    tried = 0

    async def step() -> None:
        nonlocal tried
        tried += 1
        if (outcome := outcomes[tried - 1]) is not None:
            raise outcome

    task = asyncio.create_task(regularly("round", 3600, step, first_after_seconds=0))
    await until(lambda: tried == 2)
    await end_all({task})


def test_a_pause_doubles_up_to_its_limit_and_differs_between_replicas() -> None:
    for failed, longest in ((1, 0.1), (2, 0.2), (4, 0.8), (99, 5)):
        assert longest / 2 <= back_off(failed, 0.1, 5) <= longest
    assert len({back_off(9, 0.1, 5) for _ in range(20)}) > 1
