"""Starts services as the launcher does on Linux: forked from one process that has imported what all of them need.

Importing costs a service more than a second of CPU, and most of the suite's services are started for one test.
"""

import asyncio
import contextlib
import functools
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from ops.run import lifeline
from ops.run.preloader import PACKET_BYTES_MAX

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS_MAX = 60
FORK_SECONDS_MAX = 10


class ForkedProcess:
    """As far as tests need it, an `asyncio.subprocess.Process`; bound to no event loop."""

    def __init__(self, pid: int, server: "ForkServer", ended: "Future[int]") -> None:
        self.pid = pid
        self._server = server
        self._ended = ended

    @property
    def returncode(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        return await asyncio.wrap_future(self._ended)

    def send_signal(self, number: signal.Signals) -> None:
        """Through the server, which has not buried it yet: the pid can be nobody else's."""
        if not self._ended.done():
            self._server.tell({"event": "signal", "pid": self.pid, "number": number})

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """One preloader; a thread hears what it tells."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        basics = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}  # noqa: TID251 — what a process needs to run at all
        with theirs:
            subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", lifeline.__file__, str(os.getpid())),
                    *(sys.executable, "-m", "ops.run.preloader", str(theirs.fileno())),
                ],
                cwd=ROOT,
                env={**basics, "PYTHONFAULTHANDLER": "1"},
                pass_fds=[theirs.fileno()],
            )
        self._numbers = itertools.count()
        self._ready: Future[None] = Future()
        self._forked: dict[str, Future[ForkedProcess]] = {}
        self._running: dict[int, Future[int]] = {}
        threading.Thread(target=self._hear, daemon=True).start()

    def start(
        self, module: str, environment: Mapping[str, str], output_fd: int, arguments: Sequence[str] = ()
    ) -> ForkedProcess:
        """Run the module in a process of its own, with this environment only."""
        self._ready.result(READY_SECONDS_MAX)
        name = f"{module}-{next(self._numbers)}"
        forked = self._forked[name] = Future()
        order = {
            "event": "fork",
            "name": name,
            "module": module,
            "arguments": list(arguments),
            "environment": dict(environment),
        }
        socket.send_fds(self._control, [json.dumps(order).encode()], [output_fd])
        return forked.result(FORK_SECONDS_MAX)

    def tell(self, message: Mapping[str, object]) -> None:
        with contextlib.suppress(OSError):
            self._control.send(json.dumps(message).encode())

    def _hear(self) -> None:
        while packet := self._control.recv(PACKET_BYTES_MAX):
            self._take(json.loads(packet))

    def _take(self, message: dict[str, Any]) -> None:
        match message["event"]:
            case "ready":
                self._ready.set_result(None)
            case "forked":
                pid: int = message["pid"]
                ended = self._running[pid] = Future()
                self._forked.pop(message["name"]).set_result(ForkedProcess(pid, self, ended))
            case "ended":
                self._running.pop(message["pid"]).set_result(message["status"])


@functools.cache
def fork_server() -> ForkServer:
    """The one of this test process; it ends with it."""
    return ForkServer()
