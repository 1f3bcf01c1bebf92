"""The launcher's end of the preloader: starts it when needed, orders forks, learns of every end."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import Mapping
from typing import Any

from ops.run.console import Console
from ops.run.preloader import PACKET_BYTES_MAX
from ops.run.program import Program
from ops.run.starting import Executed, Executor

START_SECONDS_MAX = 60
KILLED = -signal.SIGKILL


class PreloaderGone(OSError):
    """The preloader died, and everything it had forked with it."""


class Forked:
    """A process forked from the preloader."""

    def __init__(self, pid: int, link: "PreloaderLink", ended: asyncio.Future[int]) -> None:
        self.pid = pid
        self._link = link
        self._ended = ended

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def send(self, number: signal.Signals) -> None:
        if not self._ended.done():
            self._link.signal(self.pid, number)


class PreloaderLink:
    """One life of the preloader."""

    def __init__(self, control: socket.socket, process: Executed, console: Console) -> None:
        self.process = process
        self.alive = True
        self._control = control
        self._console = console
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._ordered: dict[str, asyncio.Future[Forked]] = {}
        self._running: dict[int, asyncio.Future[int]] = {}
        self._loop.add_reader(control, self._hear)

    @classmethod
    async def open(cls, executor: Executor, environment: Mapping[str, str], console: Console) -> "PreloaderLink":
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        with theirs:
            program = Program(
                name="preloader",
                command=("ops.run.preloader", str(theirs.fileno())),
                is_module=True,
                environment=environment,
            )
            process = await executor.start(program, pass_fds=[theirs.fileno()])
        return cls(ours, process, console)

    async def until_ready(self) -> None:
        async with asyncio.timeout(START_SECONDS_MAX):
            await asyncio.shield(self._ready)

    async def fork(self, program: Program) -> Forked:
        module, *arguments = program.command
        order = {
            "event": "fork",
            "name": program.name,
            "module": module,
            "arguments": arguments,
            "environment": dict(program.environment),
        }
        read_fd, write_fd = os.pipe()
        try:
            socket.send_fds(self._control, [json.dumps(order).encode()], [write_fd])
        except OSError:
            os.close(read_fd)
            raise
        finally:
            os.close(write_fd)
        self._console.follow(program.name, read_fd)
        self._ordered[program.name] = self._loop.create_future()
        return await self._ordered[program.name]

    def signal(self, pid: int, number: signal.Signals) -> None:
        if self.alive:
            self._control.send(json.dumps({"event": "signal", "pid": pid, "number": number}).encode())

    def close(self) -> None:
        """Let the preloader go: it ends when its socket does."""
        if not self.alive:
            return
        self.alive = False
        self._loop.remove_reader(self._control)
        self._control.close()
        gone = PreloaderGone("the preloader is gone")
        waiting: list[asyncio.Future[Any]] = [self._ready, *self._ordered.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(gone)
                future.exception()  # it counts as seen: nobody may be waiting for it any more
        for ended in self._running.values():
            ended.set_result(KILLED)

    def _hear(self) -> None:
        try:
            packet = self._control.recv(PACKET_BYTES_MAX)
        except ConnectionResetError:
            packet = b""
        if packet:
            self._take(json.loads(packet))
        else:
            self.close()

    def _take(self, message: dict[str, Any]) -> None:
        match message["event"]:
            case "ready":
                self._ready.set_result(None)
            case "forked":
                ended = self._running[message["pid"]] = self._loop.create_future()
                ordered = self._ordered.pop(message["name"])
                if not ordered.done():
                    ordered.set_result(Forked(message["pid"], self, ended))
            case "ended":
                self._running.pop(message["pid"]).set_result(message["status"])


class ForkingStarter:
    """Starts our modules by fork from one preloader; a dead preloader is replaced at the next start."""

    def __init__(self, executor: Executor, environment: Mapping[str, str], console: Console) -> None:
        self._executor = executor
        self._environment = environment
        self._console = console
        self._link: PreloaderLink | None = None
        self._opening = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        return self._link.process.pid if self._link else None

    async def warm_up(self) -> PreloaderLink:
        """Start the preloader if there is none; returns while it still imports."""
        async with self._opening:
            if self._link is None or not self._link.alive:
                if self._link:
                    self._console.say("the preloader is gone; starting it and all it had started again")
                self._link = await PreloaderLink.open(self._executor, self._environment, self._console)
            return self._link

    async def start(self, program: Program) -> Forked:
        link = await self.warm_up()
        await link.until_ready()
        return await link.fork(program)

    async def close(self) -> None:
        if self._link:
            self._link.close()
            await self._link.process.wait()
