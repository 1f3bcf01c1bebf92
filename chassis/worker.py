"""The one loop beside the endpoints: do what is due, then sleep until woken or until the next thing is due.

A service has several: outbox, mail, erasures at a recipient, sweeps at intervals. None of them polls:
work in the database wakes its worker at the commit that wrote it, and names the time at which it is due. Only on
PostgreSQL another replica may write what nobody here was woken for, so there a worker looks now and then as well.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from chassis.clock import Clock
from chassis.database import DATABASE_FAILURES, Database, is_away
from chassis.metrics import PUT_OFF, STEP_BLOCKED
from chassis.telemetry import Log

AT_ONCE = 0.0
LOOK_SECONDS = 10.0
# A machine that slept, or a clock that was set, must not keep what is due in a database for longer.
REST_SECONDS_MAX = 300.0
BACK_OFF_FIRST_SECONDS, BACK_OFF_MAX_SECONDS = 0.1, 5.0
OUTAGE_FIRST_SECONDS, OUTAGE_MAX_SECONDS = 1.0, 60.0

Step = Callable[[], Awaitable[float | None]]
Item = TypeVar("Item")

log = Log("worker")


class Worker:
    """Repeats a step. The step does the next thing that is due, if any, and returns when there is more to do.

    It returns seconds from now: `AT_ONCE`, or until the next thing is due; None if nothing is waiting, which means not
    before it is woken. `failures` (those of the database always) are waited out, longer from time to time, up to 5 s;
    any other exception ends the worker, and with it the service.
    """

    def __init__(
        self,
        name: str,
        step: Step,
        *,
        database: Database | None = None,
        failures: tuple[type[Exception], ...] = (),
    ) -> None:
        """With `database`, each commit that was marked `wake_after_commit(session, name)` wakes it."""
        self._name = name
        self._step = step
        self._failures = (*failures, *DATABASE_FAILURES)
        self._awake = asyncio.Event()
        self._rest_max: float | None = None
        if database is not None:
            database.on_commit(name, self.wake)
            self._rest_max = LOOK_SECONDS if database.dialect == "postgresql" else REST_SECONDS_MAX

    def wake(self) -> None:
        """Look now, or once more after the step that is under way."""
        self._awake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        failed = 0
        time = asyncio.get_running_loop().time
        stage, moved = self._name.replace(" ", "-"), time()
        while True:
            self._awake.clear()
            try:
                seconds = await self._step()
            except self._failures as error:
                failed += 1
                pause = back_off(failed, BACK_OFF_FIRST_SECONDS, BACK_OFF_MAX_SECONDS)
                log.warning("worker waits", error=error, stage=self._name, seconds=round(pause, 1))
                STEP_BLOCKED.tell(time() - moved, stage=stage)
                await asyncio.sleep(pause)
                continue
            failed, moved = 0, time()
            STEP_BLOCKED.tell(0.0, stage=stage)
            await self._rest(seconds)
            moved = time()

    async def _rest(self, seconds: float | None) -> None:
        if seconds is not None and seconds <= 0:
            await asyncio.sleep(0)  # a step that never waits must not keep everybody else from running
            return
        limits = [limit for limit in (seconds, self._rest_max) if limit is not None]
        try:
            async with asyncio.timeout(min(limits, default=None)):
                await self._awake.wait()
        except TimeoutError:
            return


class WorkList(Protocol[Item]):
    """Work that lies in the database, each item with a time at which it is due."""

    async def take(self) -> Item | datetime | None:
        """The next item that is due, leased so that nobody else takes it; else when the next one will be, if any is.

        The least tried come first: an item that keeps failing never stands before one that may succeed.
        """
        ...

    async def carry_out(self, item: Item) -> None:
        """Do it, and note that it is done."""
        ...

    async def put_off(self, item: Item, reason: str) -> None:
        """Note why it was not done, and when to try again; it stays visible however often it fails."""
        ...


class OneByOne(Generic[Item]):
    """The step of a worker that takes items off a list. A failing item is put off alone, whatever it raises.

    `refusals` concern the item, `outages` everything that goes the same way: after one of these, nothing is taken for a
    while unless something new comes. The text of both is a code. Anything else that is raised is a bug: its item is
    put off under the exception's name, so that it can neither end the service nor stand before others.
    """

    def __init__(
        self,
        name: str,
        work: WorkList[Item],
        clock: Clock,
        *,
        refusals: tuple[type[Exception], ...] = (),
        outages: tuple[type[Exception], ...] = (),
    ) -> None:
        self._name = name
        self._work = work
        self._clock = clock
        self._refusals = refusals
        self._outages = outages
        self._outages_in_a_row = 0

    async def step(self) -> float | None:
        """Carry out one item; returns seconds as a worker's step does.

        Raises:
            Exception: the database is away (`is_away`).
        """
        taken = await self._work.take()
        if taken is None:
            return None
        if isinstance(taken, datetime):
            return (taken - self._clock.now()).total_seconds()
        try:
            await self._work.carry_out(taken)
        except self._outages as outage:
            await self._put_off(taken, str(outage))
            self._outages_in_a_row += 1
            return back_off(self._outages_in_a_row, OUTAGE_FIRST_SECONDS, OUTAGE_MAX_SECONDS)
        except self._refusals as refusal:
            await self._put_off(taken, str(refusal))
        except Exception as error:
            # One item's bug must not end the service, which would take it up again at every start.
            if is_away(error):
                raise
            log.failure("item failed", error=error, stage=self._name)
            await self._put_off(taken, type(error).__name__)
        self._outages_in_a_row = 0
        return AT_ONCE

    async def _put_off(self, item: Item, reason: str) -> None:
        log.warning("item put off", stage=self._name, reason=reason)
        PUT_OFF.add(stage=self._name.replace(" ", "-"), reason=reason)
        await self._work.put_off(item, reason)


def until(clock: Clock, step: Callable[[], Awaitable[datetime | None]]) -> Step:
    """Make a worker's step of one that returns the time at which there is more to do, or None."""

    async def timed() -> float | None:
        due_at = await step()
        return None if due_at is None else (due_at - clock.now()).total_seconds()

    return timed


def back_off(failed: int, first: float, longest: float) -> float:
    """Seconds to wait after so many failures in a row: doubled each time, and between half and all of that."""
    seconds = min(first * float(1 << min(failed - 1, 16)), longest)
    return seconds * (0.5 + secrets.randbelow(501) / 1000)


async def regularly(
    name: str,
    seconds: float,
    step: Callable[[], Awaitable[None]],
    *,
    first_after_seconds: float | None = None,
    failures: tuple[type[Exception], ...] = (),
) -> None:
    """Do something every so many seconds (up to a tenth less, so that replicas drift apart), until cancelled.

    The first time is after one such period, or as told. After one of the `failures` it is tried again soon.
    """

    async def done() -> float:
        await step()
        return seconds * (1 - secrets.randbelow(101) / 1000)

    await asyncio.sleep(seconds if first_after_seconds is None else first_after_seconds)
    await Worker(name, done, failures=failures).run()
