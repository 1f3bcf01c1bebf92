"""A process of ours cannot be dumped, however it was started, and refuses to start where that cannot be had."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.emulators.running import start
from tests.support.core_files import (
    can_be_looked_into,
    core_files,
    core_files_allowed,
    core_limits,
    may_no_longer_look_into_others,
)

ROOT = Path(__file__).resolve().parents[3]
SECRET = "Kanariefågel-2231"
READ = "from chassis.settings import Settings; Settings.from_environment()\n"
SPEAK = "import sys; print('running', flush=True); sys.stdin.read()\n"
SETTINGS = {
    "LARABOT_NATS_URL": "nats://127.0.0.1:1",
    "LARABOT_NATS_SEED": SECRET,
    "LARABOT_NATS_EVENTS_SEED": SECRET,
    "LARABOT_DATABASE_URL": "sqlite:///never.db",
    "LARABOT_RECEIPT_SEED": "00" * 32,
    "LARABOT_PUBLIC_URL": "http://localhost:8000",
}
# A machine without prctl and one that does not let limits be set, as the library sees them.
REFUSED_PRCTL = """
import ctypes
class Libc:
    def prctl(self, *_):
        ctypes.set_errno(1)
        return -1
ctypes.CDLL = lambda *_, **__: Libc()
"""
DEAF_PRCTL = """
import ctypes
class Libc:
    def prctl(self, option, *_):
        return 1 if option == 3 else 0
ctypes.CDLL = lambda *_, **__: Libc()
"""
REFUSED_LIMIT = """
import resource
def refuse(*_):
    raise ValueError("not allowed to raise maximum limit")
resource.setrlimit = refuse
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")


def command(code: str) -> list[str]:
    return [sys.executable, "-X", "faulthandler", "-c", code]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[[str], "subprocess.Popen[bytes]"]]:
    """Starts code that says when it runs, as any user may: dumps allowed, no look into others' memory."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(code: str) -> "subprocess.Popen[bytes]":
        with core_files_allowed():
            process = subprocess.Popen(
                command(code + SPEAK),
                cwd=tmp_path,
                env={"PYTHONPATH": str(ROOT), **SETTINGS},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                preexec_fn=may_no_longer_look_into_others,  # noqa: PLW1509 — it only calls libc
            )
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == b"running\n"
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def crashed(process: "subprocess.Popen[bytes]", number: signal.Signals) -> bool:
    """Whether the system made a dump of it, wherever to."""
    process.send_signal(number)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == -number
    return os.WCOREDUMP(status)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT, signal.SIGBUS])
def test_a_process_with_settings_leaves_no_image_whatever_ends_it(
    run: Callable[[str], "subprocess.Popen[bytes]"], tmp_path: Path, number: signal.Signals
) -> None:
    process = run(READ)
    assert core_limits(process.pid) == ["0", "0"]
    assert not can_be_looked_into(process.pid)
    assert not crashed(process, number)
    assert core_files(tmp_path) == []
    assert process.stderr
    assert SECRET.encode() not in process.stderr.read()  # the fault handler tells places, not values


def test_a_process_without_them_would(run: Callable[[str], "subprocess.Popen[bytes]"]) -> None:
    process = run("")
    assert can_be_looked_into(process.pid)
    limits = core_limits(process.pid)
    assert crashed(process, signal.SIGSEGV) == (limits[0] != "0")


def test_a_fork_of_such_a_process_is_as_closed(run: Callable[[str], "subprocess.Popen[bytes]"]) -> None:
    fork = "import os\nif pid := os.fork():\n    os.waitpid(pid, 0)\nelse:\n    print(os.getpid(), flush=True)\n"
    process = run(f"{READ}print('running', flush=True)\n{fork}")
    assert process.stdout
    child = int(process.stdout.readline())
    assert core_limits(child) == ["0", "0"]
    assert not can_be_looked_into(child)


@pytest.mark.parametrize("machine", [REFUSED_PRCTL, DEAF_PRCTL, REFUSED_LIMIT])
def test_where_dumps_cannot_be_switched_off_nothing_is_read(tmp_path: Path, machine: str) -> None:
    code = f"{machine}\n{READ}print('running')"
    environment = {"PYTHONPATH": str(ROOT), **SETTINGS}
    ended = subprocess.run(command(code), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "core dumps of this process cannot be switched off" in ended.stderr
    assert SECRET not in ended.stderr


@pytest.mark.parametrize("entry", sorted((ROOT / "services").glob("*/__main__.py")), ids=lambda path: path.parent.name)
def test_every_service_begins_by_reading_its_settings(entry: Path) -> None:
    assert "Settings.from_environment())" in entry.read_text()


def test_an_emulator_leaves_no_image_either(tmp_path: Path) -> None:
    with core_files_allowed():
        running = start("azure_openai", tmp_path)
    assert core_limits(running.process.pid) == ["0", "0"]
    assert not crashed(running.process, signal.SIGSEGV)


def test_no_verb_of_the_operator_can_be_dumped() -> None:
    code = (
        "import resource; from ops.__main__ import main; main(['npm', '--version']); "
        "print(*resource.getrlimit(resource.RLIMIT_CORE))"
    )
    with core_files_allowed():
        ended = subprocess.run(command(code), cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.stdout.splitlines()[-1] == "0 0"
