"""Keeps processes alive: what dies is started again, a little later each time, until it is told to stop."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterable

from ops.run.console import Console
from ops.run.http_probe import NotReady, until_ready
from ops.run.program import Program, how_it_ended
from ops.run.starting import Running, Starter

FIRST_PAUSE_SECONDS = 0.1
PAUSE_SECONDS_MAX = 5.0
HEALTHY_AFTER_SECONDS = 10.0
BACK_WITHIN_SECONDS = 30.0
KILL_WAIT_SECONDS = 5.0
HOPELESS_AFTER_LIVES = 4


async def until_serving(program: Program, *, deadline_seconds: float) -> None:
    if program.ready_url:
        await until_ready(program.ready_url, deadline_seconds=deadline_seconds)


class BackOff:
    """0.1 s, doubling to 5 s; a process that lived for 10 s starts again from 0.1 s."""

    def __init__(self) -> None:
        self._next = FIRST_PAUSE_SECONDS

    def after(self, lived_seconds: float) -> float:
        if lived_seconds >= HEALTHY_AFTER_SECONDS:
            self._next = FIRST_PAUSE_SECONDS
        pause = self._next
        self._next = min(PAUSE_SECONDS_MAX, pause * 2)
        return pause


class Keeper:
    """Keeps one process alive. `on_hopeless` is told when it has ended a few times: it will not do."""

    def __init__(
        self,
        program: Program,
        starter: Starter,
        console: Console,
        on_replaced: Callable[[], None],
        on_hopeless: Callable[[str], None],
    ) -> None:
        self.program = program
        self.running: Running | None = None
        self.pid: int | None = None
        self._starter = starter
        self._console = console
        self._on_replaced = on_replaced
        self._on_hopeless = on_hopeless
        self._stopping = asyncio.Event()
        self._signal: signal.Signals | None = None
        self.task = asyncio.create_task(self._keep())

    def stop(self, number: signal.Signals) -> None:
        """Signal the process and do not start it again."""
        self._stopping.set()
        self._signal = number
        if self.running:
            self.running.send(number)

    async def _keep(self) -> None:
        back_off = BackOff()
        clock = asyncio.get_running_loop().time
        lives = 0
        while not self._stopping.is_set():
            began = clock()
            ending = await self._live(replaces_another=lives > 0)
            lives += 1
            if self._stopping.is_set():
                return
            if lives == HOPELESS_AFTER_LIVES:
                self._on_hopeless(f"{self.program.name} {ending}, {lives} times over")
            pause = back_off.after(clock() - began)
            self._console.say(f"{self.program.name} {ending}; starting it again in {pause:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _live(self, *, replaces_another: bool) -> str:
        """One life, from start to end; how it ended."""
        try:
            self.running = await self._starter.start(self.program)
        except OSError as error:
            return f"could not be started ({error})"
        self.pid = self.running.pid
        if self._signal:
            self.running.send(self._signal)
        report = asyncio.create_task(self._report_back()) if replaces_another else None
        try:
            return how_it_ended(await self.running.wait())
        finally:
            self.running = None
            if report:
                report.cancel()

    async def _report_back(self) -> None:
        try:
            await until_serving(self.program, deadline_seconds=BACK_WITHIN_SECONDS)
        except NotReady as error:
            self._console.say(f"{self.program.name} runs again, but {error}")
        self._console.say(f"{self.program.name} is back")
        self._on_replaced()


class Supervisor:
    """Keeps a set of processes alive and stops them in the order it is told."""

    def __init__(self, console: Console, on_replaced: Callable[[], None], on_hopeless: Callable[[str], None]) -> None:
        self._console = console
        self._on_replaced = on_replaced
        self._on_hopeless = on_hopeless
        self._keepers: dict[str, Keeper] = {}

    @property
    def pids(self) -> dict[str, int]:
        """The last known of each, so that a process that is being replaced is not missing meanwhile."""
        return {name: keeper.pid for name, keeper in self._keepers.items() if keeper.pid}

    def keep(self, program: Program, starter: Starter) -> None:
        self._keepers[program.name] = Keeper(program, starter, self._console, self._on_replaced, self._on_hopeless)

    async def stop(self, names: Iterable[str], *, grace_seconds: float) -> None:
        """End these together: SIGTERM, and SIGKILL for those that do not end within the grace."""
        keepers = [self._keepers[name] for name in names if name in self._keepers]
        late = await self._signal(keepers, signal.SIGTERM, grace_seconds)
        for keeper in late:
            self._console.say(f"{keeper.program.name} did not end within {grace_seconds:g} s; killing it")
        await self._signal(late, signal.SIGKILL, KILL_WAIT_SECONDS)

    def kill_all(self) -> None:
        for keeper in self._keepers.values():
            keeper.stop(signal.SIGKILL)

    async def _signal(self, keepers: list[Keeper], number: signal.Signals, wait_seconds: float) -> list[Keeper]:
        """Those that still run after the wait."""
        for keeper in keepers:
            keeper.stop(number)
        if keepers:
            await asyncio.wait([keeper.task for keeper in keepers], timeout=wait_seconds)
        return [keeper for keeper in keepers if not keeper.task.done()]
