"""Which port each part listens on: chosen once, kept over restarts."""

import contextlib
import random
import socket
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
    mail_sink: int
    smtp: int
    emulators: dict[str, int]


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
    taken = {gateway}
    wished = iter(range(gateway + 1, gateway + 100)) if gateway else iter(())

    def take() -> int:
        port = next(wished, 0)
        while port in taken or not is_free(port):
            port = any_port(taken)
        taken.add(port)
        return port

    gateway = gateway or take()
    mail_sink = take()
    emulators = {vendor: take() for vendor in VENDORS}
    return Ports(
        gateway=gateway,
        nats=take(),
        nats_monitor=take(),
        mail_sink=mail_sink,
        smtp=take(),
        emulators=emulators,
    )


def any_port(taken: set[int]) -> int:
    for _ in range(ATTEMPTS_MAX):
        port = random.randrange(FREE_FROM, FREE_BELOW)  # noqa: S311  # spreads runs apart, hides nothing
        if port not in taken and is_free(port):
            return port
    raise LaunchRefused(f"No free port was found between {FREE_FROM} and {FREE_BELOW}.")


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
