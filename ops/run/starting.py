"""Two ways to start a process: run a program, or have the preloader fork it."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ops.run import lifeline
from ops.run.console import Console
from ops.run.program import ROOT, Program


class Running(Protocol):
    """A process that was started and is looked after."""

    @property
    def pid(self) -> int: ...

    async def wait(self) -> int:
        """Its exit status; minus the signal's number if a signal ended it."""

    def send(self, number: signal.Signals) -> None:
        """Signal it; nothing happens if it has ended."""


class Starter(Protocol):
    async def start(self, program: Program) -> Running:
        """Start the program once.

        Raises:
            OSError: it could not be started.
        """


class Executed:
    """A child process of the launcher itself."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    async def wait(self) -> int:
        return await self._process.wait()

    def send(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            self._process.send_signal(number)


class Executor:
    """Runs programs by exec, through the lifeline, in a session of their own.

    In a session of its own a process does not get the terminal's Ctrl-C: the launcher stops it in its turn.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    async def start(self, program: Program, *, pass_fds: Sequence[int] = ()) -> Executed:
        read_fd, write_fd = os.pipe()
        shim = (sys.executable, "-I", "-S", str(Path(lifeline.__file__)), str(os.getpid()))
        try:
            process = await asyncio.create_subprocess_exec(
                *shim,
                *program.argv,
                env=program.environment,
                cwd=ROOT,
                stdin=DEVNULL,
                stdout=write_fd,
                stderr=STDOUT,
                start_new_session=True,
                pass_fds=pass_fds,
            )
        except OSError:
            os.close(read_fd)
            raise
        finally:
            os.close(write_fd)
        self._console.follow(program.name, read_fd)
        return Executed(process)
