"""One run from start to end: bring a plan up in order, keep it up, take it down in order."""

import asyncio
import os
import signal
import time

from ops.run.console import Console
from ops.run.forking import ForkingStarter
from ops.run.http_probe import NotReady, until_ready
from ops.run.plan import Plan
from ops.run.program import Program
from ops.run.run_record import RunRecord
from ops.run.starting import Executor, Starter
from ops.run.supervisor import Supervisor

BUS_READY_SECONDS = 20
ALL_READY_SECONDS = 60
SERVICE_GRACE_SECONDS = 10
EMULATOR_GRACE_SECONDS = 3
BUS_GRACE_SECONDS = 10
STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ENDED_AT_ONCE = 130


class Launch:
    def __init__(
        self,
        plan: Plan,
        record: RunRecord,
        console: Console,
        *,
        executor: Executor,
        forker: ForkingStarter | None = None,
        began: float | None = None,
        ready_within_seconds: float = ALL_READY_SECONDS,
    ) -> None:
        self._plan = plan
        self._record = record
        self._console = console
        self._executor = executor
        self._forker = forker
        self._began = time.monotonic() if began is None else began
        self._ready_within_seconds = ready_within_seconds
        self._supervisor = Supervisor(console, on_replaced=self._write_record)
        self._is_up = False
        self._stop = asyncio.Event()
        self._stop_at_once = asyncio.Event()

    async def run(self) -> int:
        """Until a signal asks to stop, or the start fails; the launcher's exit status."""
        for number in STOPPING_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._asked_to_stop)
        bringing_up = asyncio.create_task(self._bring_up())
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({bringing_up, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if bringing_up.done():
                bringing_up.result()
                await stopping
        except NotReady as error:
            self._console.say(f"The platform did not come up: {error}")
            return 1
        finally:
            bringing_up.cancel()
            await self._take_down()
        return ENDED_AT_ONCE if self._stop_at_once.is_set() else 0

    async def _bring_up(self) -> None:
        plan = self._plan
        self._keep(plan.bus)
        if plan.bus.ready_url:
            await until_ready(plan.bus.ready_url, deadline_seconds=BUS_READY_SECONDS)
        await plan.prepare_bus()
        for program in (*plan.emulators, *plan.services):
            self._keep(program)
        urls = [plan.ready_url, *(program.ready_url for program in plan.emulators if program.ready_url)]
        await asyncio.gather(*(until_ready(url, deadline_seconds=self._ready_within_seconds) for url in urls))
        self._is_up = True
        self._write_record()
        self._console.say(plan.banner)
        self._console.say(f"ready after {time.monotonic() - self._began:.1f} s")

    async def _take_down(self) -> None:
        self._record.remove()
        self._is_up = False
        orderly = asyncio.create_task(self._stop_in_order())
        hurried = asyncio.create_task(self._stop_at_once.wait())
        await asyncio.wait({orderly, hurried}, return_when=asyncio.FIRST_COMPLETED)
        if not orderly.done():
            self._supervisor.kill_all()
            await orderly
        hurried.cancel()
        await self._console.finish()

    async def _stop_in_order(self) -> None:
        """Services drain while the bus and the vendors still answer them."""
        self._console.say("stopping (Ctrl-C again: at once)")
        plan, stop = self._plan, self._supervisor.stop
        await stop([program.name for program in plan.services], grace_seconds=SERVICE_GRACE_SECONDS)
        await stop([program.name for program in plan.emulators], grace_seconds=EMULATOR_GRACE_SECONDS)
        if self._forker:
            await self._forker.close()
        await stop([plan.bus.name], grace_seconds=BUS_GRACE_SECONDS)

    def _keep(self, program: Program) -> None:
        starter: Starter = self._forker if self._forker and program.is_module else self._executor
        self._supervisor.keep(program, starter)

    def _asked_to_stop(self) -> None:
        if self._stop.is_set():
            self._stop_at_once.set()
        self._stop.set()

    def _write_record(self) -> None:
        if not self._is_up:
            return
        pids = {"launcher": os.getpid(), **self._supervisor.pids}
        if self._forker and self._forker.pid:
            pids["preloader"] = self._forker.pid
        self._record.write({**self._plan.record, "pids": pids})
