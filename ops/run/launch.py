"""One run from start to end: bring a plan up in order, keep it up, take it down in order."""

import asyncio
import os
import signal
import time
from dataclasses import dataclass
from typing import Any

from ops.run.console import Console
from ops.run.forking import ForkingStarter
from ops.run.http_probe import NotReady, until_ready
from ops.run.plan import Plan
from ops.run.program import Program
from ops.run.run_record import RunRecord
from ops.run.starting import Executor, Starter
from ops.run.supervisor import Supervisor, until_serving

STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ENDED_AT_ONCE = 130


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long the launcher waits for what, in seconds."""

    bus_ready: float = 20
    all_ready: float = 60
    service_grace: float = 10
    emulator_grace: float = 3
    bus_grace: float = 10


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
        patience: Patience = Patience(),
    ) -> None:
        self._plan = plan
        self._record = record
        self._console = console
        self._executor = executor
        self._forker = forker
        self._began = time.monotonic() if began is None else began
        self._patience = patience
        self._supervisor = Supervisor(console, on_replaced=self._write_record, on_hopeless=self._give_up)
        self._is_up = False
        self._stop = asyncio.Event()
        self._stop_at_once = asyncio.Event()
        self._hopeless: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> int:
        """Until a signal asks to stop, or the start fails; the launcher's exit status."""
        for number in STOPPING_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._asked_to_stop)
        bringing_up = asyncio.create_task(self._bring_up())
        stopping = asyncio.create_task(self._stop.wait())
        try:
            awaited: set[asyncio.Future[Any]] = {bringing_up, stopping, self._hopeless}
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if self._hopeless.done():
                self._hopeless.result()
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
        await until_serving(plan.bus, deadline_seconds=self._patience.bus_ready)
        await plan.prepare_bus()
        if plan.monitor:
            await plan.monitor.open()
        for program in (*plan.emulators, *plan.services):
            self._keep(program)
        deadline = self._patience.all_ready
        emulators = [until_serving(program, deadline_seconds=deadline) for program in plan.emulators]
        await asyncio.gather(until_ready(plan.ready_url, deadline_seconds=deadline), *emulators)
        self._is_up = True
        self._write_record()
        self._console.say(plan.banner)
        self._console.say(f"ready after {time.monotonic() - self._began:.1f} s")

    async def _take_down(self) -> None:
        self._record.remove()
        self._is_up = False
        if self._plan.monitor:
            self._plan.monitor.close()
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
        plan, patience, stop = self._plan, self._patience, self._supervisor.stop
        await stop([program.name for program in plan.services], grace_seconds=patience.service_grace)
        await stop([program.name for program in plan.emulators], grace_seconds=patience.emulator_grace)
        if self._forker:
            await self._forker.close()
        await stop([plan.bus.name], grace_seconds=patience.bus_grace)

    def _keep(self, program: Program) -> None:
        starter: Starter = self._forker if self._forker and program.is_module else self._executor
        self._supervisor.keep(program, starter)

    def _give_up(self, why: str) -> None:
        """A process that will not do ends the start; later it is tried on and on, since the others still serve."""
        if not (self._is_up or self._stop.is_set() or self._hopeless.done()):
            self._hopeless.set_exception(NotReady(f"{why}; its lines above say why"))

    def _asked_to_stop(self) -> None:
        if self._stop.is_set():
            self._stop_at_once.set()
        self._stop.set()

    def _write_record(self) -> None:
        if not self._is_up:
            return
        pids = dict(self._supervisor.pids)
        if self._forker and self._forker.pid:
            pids["preloader"] = self._forker.pid
        self._record.write({**self._plan.record, "launcher": os.getpid(), "pids": pids})
