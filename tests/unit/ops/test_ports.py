"""Ports are free, distinct, and as asked."""

import socket
import subprocess
import sys
from dataclasses import astuple
from typing import Any

import pytest

from ops.run.command import parser
from ops.run.ports import Ports, any_port, choose_ports, is_free, release, reserve
from ops.run.refusal import LaunchRefused


def all_of(ports: Ports) -> list[int]:
    *single, emulators = astuple(ports)
    several: dict[str, Any] = emulators
    return [*single, *several.values()]


def test_zero_frees_every_port() -> None:
    chosen = all_of(choose_ports(0))
    assert len(set(chosen)) == len(chosen) == 10
    assert all(is_free(port) for port in chosen)


def test_the_others_follow_the_port_that_was_asked_for() -> None:
    wanted = any_port()
    ports = choose_ports(wanted)
    assert ports.gateway == wanted
    assert len(set(all_of(ports))) == 10
    assert wanted < ports.mail_sink < wanted + 100


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_busy_port_is_refused_by_its_number(family: socket.AddressFamily, host: str) -> None:
    with socket.socket(family) as busy:
        try:
            busy.bind((host, 0))
        except OSError:
            pytest.skip(f"this machine has no {host}")
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(LaunchRefused, match=rf"Port {port} is in use.*--port {port + 1}"):
            choose_ports(port)


CHOOSE = """
import sys
from ops.run.ports import any_port
print(*(any_port() for _ in range(300)), flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a port is looked at and not held")
def test_those_who_choose_at_the_same_time_never_choose_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three processes and three hundred ports of twelve thousand each would meet some twenty times."""
    started = [
        subprocess.Popen([sys.executable, "-c", CHOOSE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    chosen = [port for process in started if process.stdout for port in process.stdout.readline().split()]
    for process in started:
        process.communicate()
    assert len(set(chosen)) == len(chosen) == 900


def test_a_reserved_port_serves_again_and_again_and_answers_nobody_meanwhile() -> None:
    port = any_port()
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
        with socket.create_server(("127.0.0.1", port)):
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            assert not reserve(port)
    release(port)
    assert reserve(port)
    release(port)


def test_a_number_that_is_no_port_is_called_that(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["--port", "65536"])
    assert "65536 is no port" in capsys.readouterr().err
