"""The launcher loses no process and leaves none behind, whatever is killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import http

WITHIN_SECONDS = 30


class Toys:
    """A launcher with toy programs, in a process of its own."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.output = data.with_suffix(".out")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.toy_launch", str(data), *options],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def record(self) -> dict[str, Any]:
        with contextlib.suppress(FileNotFoundError):
            found: dict[str, Any] = json.loads((self.data / "run.json").read_text())
            return found
        return {}

    def pids(self) -> dict[str, int]:
        record = self.record()
        found: dict[str, int] = {"launcher": record["launcher"], **record["pids"]} if record else {}
        return found

    def up(self) -> "Toys":
        eventually(lambda: bool(self.record()))
        return self

    def kill(self, *names: str) -> dict[str, int]:
        before = self.pids()
        for name in names:
            os.kill(before[name], signal.SIGKILL)
        return before

    def answers(self, name: str) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            body: dict[str, Any] = http.get(self.record()["urls"][name]).json()
            return bool(body["pid"] == self.pids()[name])
        return False

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(WITHIN_SECONDS)

    def press_ctrl_c(self) -> int:
        """As a terminal does: to the whole foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(WITHIN_SECONDS)

    def journal(self) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            return (self.data / "journal").read_text().split()
        return []


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def is_gone(pid: int) -> bool:
    """Ended: not there, or only not yet buried."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


@pytest.fixture
def start_toys(tmp_path: Path) -> Iterator[Callable[..., Toys]]:
    started: list[Toys] = []

    def start(*options: str) -> Toys:
        started.append(Toys(tmp_path / "data", *options))
        return started[-1]

    yield start
    for toys in started:
        toys.process.kill()
        toys.process.wait()


def test_everything_answers_under_its_own_environment_only(start_toys: Callable[..., Toys]) -> None:
    toys = start_toys().up()
    for name, url in toys.record()["urls"].items():
        environment = http.get(url).json()["environment"]
        assert set(environment) - {"LC_CTYPE"} == {"PATH", "LARABOT_TOY"}
        assert environment["LARABOT_TOY"] == name


def test_forked_processes_answer_to_their_own_arguments(start_toys: Callable[..., Toys]) -> None:
    toys = start_toys().up()
    assert "gateway" in http.get(toys.record()["urls"]["gateway"]).json()["argv"]


@pytest.mark.parametrize("option", ["", "--without-fork"])
def test_stops_services_then_emulators_then_the_bus(start_toys: Callable[..., Toys], option: str) -> None:
    toys = start_toys(*option.split()).up()
    pids = toys.pids()
    assert toys.press_ctrl_c() == 0
    assert set(toys.journal()[:2]) == {"consent", "gateway"}
    assert toys.journal()[2:] == ["emulator-brevo", "nats-server"]
    assert all(is_gone(pid) for pid in pids.values())
    assert toys.record() == {}


@pytest.mark.parametrize("name", ["consent", "emulator-brevo", "nats-server"])
def test_a_killed_process_comes_back_on_the_same_port(start_toys: Callable[..., Toys], name: str) -> None:
    toys = start_toys().up()
    urls = toys.record()["urls"]
    before = toys.kill(name)
    eventually(lambda: toys.pids()[name] != before[name] and toys.answers(name))
    assert toys.record()["urls"] == urls
    assert f"{name} was ended by signal 9" in toys.output.read_text()


def test_a_killed_preloader_comes_back_with_all_it_had_started(start_toys: Callable[..., Toys]) -> None:
    toys = start_toys().up()
    forked = ("emulator-brevo", "consent", "gateway")
    before = toys.kill("preloader")
    eventually(lambda: all(toys.pids()[name] != before[name] for name in (*forked, "preloader")))
    eventually(lambda: all(toys.answers(name) for name in forked))
    assert all(is_gone(before[name]) for name in forked)
    assert toys.pids()["nats-server"] == before["nats-server"]


def test_everything_killed_at_once_comes_back(start_toys: Callable[..., Toys]) -> None:
    toys = start_toys().up()
    names = [name for name in toys.pids() if name != "launcher"]
    before = toys.kill(*names)
    eventually(lambda: all(toys.pids()[name] != before[name] for name in names))
    assert all(toys.answers(name) for name in toys.record()["urls"])


@pytest.mark.parametrize("option", ["", "--without-fork"])
def test_killing_the_launcher_leaves_no_orphan(start_toys: Callable[..., Toys], option: str) -> None:
    toys = start_toys(*option.split()).up()
    before = toys.kill("launcher")
    toys.process.wait()
    eventually(lambda: all(is_gone(pid) for pid in before.values()))


def test_a_second_signal_ends_even_a_stubborn_process_at_once(start_toys: Callable[..., Toys]) -> None:
    toys = start_toys("--stubborn").up()
    before = toys.pids()
    toys.process.send_signal(signal.SIGINT)
    eventually(lambda: "consent" in toys.journal())
    began = time.monotonic()
    assert toys.stop(signal.SIGINT) == 130
    assert time.monotonic() - began < 5
    assert all(is_gone(pid) for pid in before.values())


def test_a_stubborn_process_is_killed_after_its_grace(start_toys: Callable[..., Toys]) -> None:
    toys = start_toys("--stubborn", "--impatient").up()
    before = toys.pids()
    assert toys.stop() == 0
    assert "consent did not end within 1 s" in toys.output.read_text()
    assert is_gone(before["consent"])


def test_a_signal_during_the_start_stops_everything(start_toys: Callable[..., Toys]) -> None:
    toys = start_toys("--never-ready")
    eventually(lambda: '"name": "gateway"' in toys.output.read_text())
    assert toys.stop() == 0
    assert toys.journal()[-1] == "nats-server"


def test_a_start_that_fails_says_what_is_not_ready(start_toys: Callable[..., Toys]) -> None:
    toys = start_toys("--never-ready", "--impatient")
    assert toys.process.wait(WITHIN_SECONDS) == 1
    assert "did not come up" in toys.output.read_text()
    assert "its last answer: 503" in toys.output.read_text()


def test_a_second_run_on_the_same_data_is_refused(start_toys: Callable[..., Toys]) -> None:
    start_toys().up()
    second = start_toys()
    assert second.process.wait(WITHIN_SECONDS) == 1
    assert "Another run uses" in second.output.read_text()


def test_a_run_after_a_killed_one_starts_as_usual(start_toys: Callable[..., Toys]) -> None:
    first = start_toys().up()
    stale = first.kill("launcher")
    first.process.wait()
    second = start_toys()
    eventually(lambda: second.pids().get("launcher", stale["launcher"]) != stale["launcher"])
    assert second.answers("gateway")
