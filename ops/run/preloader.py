"""The preloader process: imports once what all our processes share, then forks each that is asked for.

Forking shares the seconds and the memory that these imports cost. Only a single-threaded process may fork
safely, so there is no event loop here and nothing imported below may start a thread; `fork` checks.

The launcher holds the other end of a SOCK_SEQPACKET socket: one packet is one JSON message, and an order
carries the pipe that the new process writes to. When either end dies, so do all the processes forked here.
"""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
from dataclasses import dataclass
from types import FrameType

from chassis.core_dumps import forbid_core_dumps
from ops.run.lifeline import tie_to

PACKET_BYTES_MAX = 128 * 1024
SHARED_LIBRARIES = (
    "aiohttp.web",
    "asyncio",
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "nats",
    "opentelemetry.sdk.trace",
    "orjson",
    "pydantic_settings",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "sqlmodel",
    "tenacity",
    "uvloop",
)
SHARED_PACKAGES = ("contracts", "kernel", "chassis")
"""Ours, with every module in them."""


class NotSingleThreaded(RuntimeError):
    """An import started a thread; a fork could then copy a lock that nobody will ever release."""


@dataclass(frozen=True)
class Order:
    name: str
    module: str
    arguments: list[str]
    environment: dict[str, str]
    output_fd: int


def preload() -> None:
    """Import what is there; what is missing is left to the process that needs it, which says so itself."""
    for name in SHARED_LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for package in SHARED_PACKAGES:
        with contextlib.suppress(ImportError):
            path = importlib.import_module(package).__path__
            for module in pkgutil.walk_packages(path, f"{package}."):
                if not module.name.endswith("__main__"):
                    importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


def take_orders(control: socket.socket) -> Order | None:
    """Fork for every order, report every end. Returns in a forked child, with its order, or at the end."""
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    signal.signal(signal.SIGCHLD, note_child)
    tell(control, {"event": "ready"})
    while True:
        readable, _, _ = select.select([control, woken], [], [])
        if woken in readable:
            woken.recv(4096)
            report_ends(control)
        if control not in readable:
            continue
        packet, fds, _, _ = socket.recv_fds(control, PACKET_BYTES_MAX, 1)
        if not packet:
            return None
        order = read_order(packet, fds)
        if order:
            if fork(control, order):
                woken.close()
                waker.close()
                return order
            os.close(order.output_fd)


def note_child(_number: int, _frame: FrameType | None) -> None:
    """A Python handler must exist for the wake-up descriptor to be written."""


def read_order(packet: bytes, fds: list[int]) -> Order | None:
    message = json.loads(packet)
    if message["event"] == "signal":
        # Not reaped yet, or the launcher would know: this pid cannot belong to anyone else.
        with contextlib.suppress(ProcessLookupError):
            os.kill(message["pid"], message["number"])
        return None
    return Order(message["name"], message["module"], message["arguments"], message["environment"], fds[0])


def fork(control: socket.socket, order: Order) -> bool:
    """True in the child."""
    if sys.platform == "linux" and len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208  # cheapest count
        raise NotSingleThreaded
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        tie_to(parent)
        return True
    tell(control, {"event": "forked", "name": order.name, "pid": pid})
    return False


def report_ends(control: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            tell(control, {"event": "ended", "pid": pid, "status": os.waitstatus_to_exitcode(status)})


def tell(control: socket.socket, message: dict[str, object]) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        control.send(json.dumps(message).encode())


def become(order: Order) -> None:
    """Turn this copy of the preloader into the process that was ordered."""
    os.setsid()
    os.dup2(order.output_fd, 1)
    os.dup2(order.output_fd, 2)
    os.close(order.output_fd)
    os.environ.clear()  # noqa: TID251  # a process gets its own environment and nothing else
    os.environ.update(order.environment)  # noqa: TID251
    sys.argv = [order.module, *order.arguments]
    runpy.run_module(order.module, run_name="__main__", alter_sys=True)


def main() -> None:
    forbid_core_dumps()  # and with it, by fork, for everything that comes of this process
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    preload()
    order = take_orders(control)
    control.close()
    if order:
        become(order)


if __name__ == "__main__":
    main()
