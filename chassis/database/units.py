"""Units of work: plain functions that wait for a database thread, and how their outcomes come back."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

from chassis.database.failures import DatabaseClosed, TurnTimeout
from chassis.database.sessions import undo, woken_by

Result = TypeVar("Result")

TURN_SECONDS = 30.0


class Unit(Generic[Result]):
    """A unit of work on its way: whoever claims it first decides, the thread that runs it or the caller that leaves."""

    __slots__ = ("_unclaimed", "future", "work")

    def __init__(self, work: Callable[[Session], Result], loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.future: asyncio.Future[Result] = loop.create_future()
        self._unclaimed = [None]

    def claim(self) -> bool:
        """Whether this is the first claim: popping a list's one member is atomic between threads."""
        try:
            self._unclaimed.pop()
        except IndexError:
            return False
        return True

    def give_up(self) -> None:
        """Its turn did not come in time; a unit that runs already is waited for."""
        if self.claim() and not self.future.done():
            self.future.set_exception(TurnTimeout("the database is busy"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a unit: its value after the commit, or why there was none."""

    unit: Unit[Any]
    value: Any = None
    error: BaseException | None = None
    woken: tuple[str, ...] = ()


def attempted(unit: Unit[Any], session: Session) -> Outcome:
    """Run a unit on its session, up to the flush; its caller is told whatever it raises."""
    try:
        value = unit.work(session)
        session.flush()
    except BaseException as error:  # noqa: BLE001 — an exception that ended the thread would leave everybody waiting
        undo(session)
        return Outcome(unit, error=error)
    finally:
        session.close()
    return Outcome(unit, value, woken=woken_by(session))


class Mailbox:
    """Where units wait for a thread, in the order in which they came; closing lets those that wait be done first."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Unit[Any] | None] = SimpleQueue()
        self._is_closed = False

    async def submit(self, work: Callable[[Session], Result]) -> Result:
        """Wait for the turn, have it done, and return what it returned.

        Raises:
            DatabaseClosed: the service is ending.
            TurnTimeout: others took longer than a unit may wait.
            BaseException: what the work raised.
        """
        if self._is_closed:
            raise DatabaseClosed("the database is closed")
        loop = asyncio.get_running_loop()
        unit = Unit(work, loop)
        patience = loop.call_later(TURN_SECONDS, unit.give_up)
        self._queue.put(unit)
        try:
            return await unit.future
        except asyncio.CancelledError:
            unit.claim()  # if it has not begun, it never will
            raise
        finally:
            patience.cancel()

    def close(self, threads: int = 1) -> None:
        """Take no more; each of so many threads ends once it has done what came before."""
        self._is_closed = True
        for _ in range(threads):
            self._queue.put(None)

    def next(self) -> Unit[Any] | None:
        """Wait for a unit; None when the thread is to end."""
        return self._queue.get()

    def waiting(self, most: int) -> tuple[list[Unit[Any]], bool]:
        """The units that wait at this moment, without waiting for any; and whether the thread is to end after them."""
        units: list[Unit[Any]] = []
        while len(units) < most and not self._queue.empty():
            unit = self._queue.get()
            if unit is None:
                return units, True
            units.append(unit)
        return units, False


class Delivery:
    """Brings outcomes from database threads to the event loop, and wakes whoever waits for a commit."""

    def __init__(self, wakers: dict[str, Callable[[], None]]) -> None:
        self._loop = asyncio.get_running_loop()
        self._wakers = wakers

    def __call__(self, outcomes: Sequence[Outcome]) -> None:
        """From a database thread: one wake-up of the loop for all of them."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._deliver, outcomes)

    def _deliver(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            future = outcome.unit.future
            if not future.done():
                if outcome.error is None:
                    future.set_result(outcome.value)
                else:
                    future.set_exception(_for_a_future(outcome.error))
            for name in outcome.woken:
                if name in self._wakers:
                    self._wakers[name]()


def _for_a_future(error: BaseException) -> BaseException:
    """A future refuses StopIteration, which would end the coroutine that awaits it as if all were well."""
    return RuntimeError("the work raised StopIteration") if isinstance(error, StopIteration) else error


async def joined(threads: Sequence[Thread], seconds: float) -> None:
    """Wait, beside the event loop, until threads have ended."""

    def join() -> None:
        for thread in threads:
            thread.join(seconds)

    await asyncio.to_thread(join)
