"""Which port each part listens on: chosen once, kept over restarts."""

import contextlib
import random
import socket
import sys
from dataclasses import dataclass

from ops.run.configuration import VENDORS
from ops.run.refusal import LaunchRefused

# Below the range from which systems take the ports of outgoing connections: such a connection could otherwise
# sit on a port of ours while its process restarts.
FREE_FROM, FREE_BELOW = 20_000, 32_000
PORTS = 2**16
ATTEMPTS_MAX = 1_000


@dataclass(frozen=True)
class Ports:
    gateway: int
    nats: int
    nats_monitor: int
    """Of the launcher's door to it."""
    nats_own_monitor: int
    mail_sink: int
    smtp: int
    emulators: dict[str, int]


_held: dict[int, list[socket.socket]] = {}
"""Bound and not listening, so that whoever chooses a port too passes these by (`reserve`)."""


def choose_ports(gateway: int) -> Ports:
    """The gateway's as asked (0: any); the others follow it where they are free, so that they stay the same.

    Raises:
        LaunchRefused: the gateway's port is in use.
    """
    if gateway and not is_free(gateway):
        other = min(gateway + 1, PORTS - 2)
        raise LaunchRefused(
            f"Port {gateway} is in use. Choose another with `make run PORT={other}` or "
            f"`python -m ops run --port {other}`; 0 takes any free port."
        )
    wished = iter(range(gateway + 1, gateway + 100)) if gateway else iter(())

    def take() -> int:
        return next((port for port in wished if reserve(port)), 0) or any_port()

    gateway = gateway or take()
    mail_sink = take()
    emulators = {vendor: take() for vendor in VENDORS}
    return Ports(
        gateway=gateway,
        nats=take(),
        nats_monitor=take(),
        nats_own_monitor=take(),
        mail_sink=mail_sink,
        smtp=take(),
        emulators=emulators,
    )


def any_port() -> int:
    """A free port, kept for this process and what it starts until it ends or releases it.

    Raises:
        LaunchRefused: none was found.
    """
    for _ in range(ATTEMPTS_MAX):
        port = random.randrange(FREE_FROM, FREE_BELOW)  # noqa: S311  # spreads runs apart, hides nothing
        if reserve(port):
            return port
    raise LaunchRefused(f"No free port was found between {FREE_FROM} and {FREE_BELOW}.")


def reserve(port: int) -> bool:
    """Take a free port for the servers that this process will start; False if anybody has it.

    On Linux the port stays bound here. A bind without SO_REUSEADDR fails where any other socket is bound, and that is
    how two who choose at once differ; with SO_REUSEADDR, which servers set, a bind succeeds beside sockets that have it
    as well and do not listen (socket(7), ip(7)). Elsewhere the port is only looked at, and could be lost to another.
    """
    if port in _held or not 0 < port < PORTS:
        return False
    if sys.platform != "linux":
        return is_free(port)
    held = [socket.socket(family) for family, _ in loopbacks()]
    try:
        for holder, (_, host) in zip(held, loopbacks(), strict=True):
            holder.bind((host, port))
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    except OSError:
        for holder in held:
            holder.close()
        return False
    _held[port] = held
    return True


def release(*ports: int) -> None:
    """Let others have them."""
    for port in ports:
        for holder in _held.pop(port, ()):
            holder.close()


def is_free(port: int) -> bool:
    """Nobody listens there, neither on 127.0.0.1 nor on ::1."""
    if not 0 < port < PORTS:
        return False
    return all(can_bind(family, host, port) for family, host in loopbacks())


def loopbacks() -> list[tuple[socket.AddressFamily, str]]:
    found = [(socket.AF_INET, "127.0.0.1")]
    if socket.has_ipv6 and can_bind(socket.AF_INET6, "::1", 0):
        found.append((socket.AF_INET6, "::1"))
    return found


def can_bind(family: socket.AddressFamily, host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        probe.listen(1)
        return True
    return False
