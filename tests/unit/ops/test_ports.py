"""Ports are free, distinct, and as asked."""

import socket
from dataclasses import astuple
from typing import Any

import pytest

from ops.run.command import parser
from ops.run.ports import Ports, any_port, choose_ports, is_free
from ops.run.refusal import LaunchRefused


def all_of(ports: Ports) -> list[int]:
    *single, emulators = astuple(ports)
    several: dict[str, Any] = emulators
    return [*single, *several.values()]


def test_zero_frees_every_port() -> None:
    chosen = all_of(choose_ports(0))
    assert len(set(chosen)) == len(chosen) == 9
    assert all(is_free(port) for port in chosen)


def test_the_others_follow_the_port_that_was_asked_for() -> None:
    wanted = any_port(set())
    ports = choose_ports(wanted)
    assert ports.gateway == wanted
    assert len(set(all_of(ports))) == 9
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


def test_a_number_that_is_no_port_is_called_that(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["--port", "65536"])
    assert "65536 is no port" in capsys.readouterr().err
