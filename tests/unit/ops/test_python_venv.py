"""Before there is an environment: a Python without ensurepip gets it, or the command that gets it is told."""

import os
import subprocess
from pathlib import Path

import pytest

SYSTEM_PYTHON = Path("/usr/bin/python3")
ON_DEBIAN = Path("/etc/debian_version").exists() and SYSTEM_PYTHON.exists()


def program(path: Path, *lines: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


@pytest.fixture
def incomplete_python(tmp_path: Path) -> Path:
    """The system's python3, but without ensurepip until the file `installed` is there."""
    return program(
        tmp_path / "python3",
        f'if [ "$*" = "-c import ensurepip" ] && [ ! -e {tmp_path}/installed ]; then exit 1; fi',
        f'exec {SYSTEM_PYTHON} "$@"',
    )


def prepare(python: Path, tmp_path: Path, *, user: int, apt: str) -> subprocess.CompletedProcess[str]:
    """Run the script as that user, with an apt-get that notes what it was asked for."""
    program(tmp_path / "bin/id", f"echo {user}")
    program(tmp_path / "bin/apt-get", f'echo "$*" >> {tmp_path}/asked', apt)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"  # noqa: TID251  # a program's own
    return subprocess.run(
        ["sh", "ops/python-venv.sh", str(python)], env={"PATH": path}, capture_output=True, text=True, check=False
    )


def test_a_complete_python_needs_nothing(tmp_path: Path) -> None:
    complete = program(tmp_path / "python3", "exit 0")
    done = prepare(complete, tmp_path, user=0, apt="exit 1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (tmp_path / "asked").exists()


@pytest.mark.skipif(not ON_DEBIAN, reason="apt-get is Debian's")
def test_root_on_debian_has_it_installed(tmp_path: Path, incomplete_python: Path) -> None:
    done = prepare(incomplete_python, tmp_path, user=0, apt=f"touch {tmp_path}/installed")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "asked").read_text().splitlines() == [
        "-q -o DPkg::Lock::Timeout=600 update",
        "-q -o DPkg::Lock::Timeout=600 install -y --no-install-recommends python3-venv",
    ]


@pytest.mark.skipif(not ON_DEBIAN, reason="apt-get is Debian's")
@pytest.mark.parametrize(("user", "asks"), [(1000, False), (0, True)], ids=["not root", "apt fails"])
def test_otherwise_the_command_is_told(tmp_path: Path, incomplete_python: Path, user: int, asks: bool) -> None:
    done = prepare(incomplete_python, tmp_path, user=user, apt="exit 100")
    assert done.returncode == 1
    assert done.stderr.endswith("sudo apt-get install python3-venv\n")
    assert (tmp_path / "asked").exists() is asks


@pytest.mark.skipif(not ON_DEBIAN, reason="apt-get is Debian's")
def test_another_python_than_the_distributions_needs_the_package_of_its_version(tmp_path: Path) -> None:
    other = program(tmp_path / "python3.99", '[ "$2" = "import ensurepip" ] && exit 1', "echo python3.99")
    assert prepare(other, tmp_path, user=1000, apt="").stderr.endswith("sudo apt-get install python3.99-venv\n")


@pytest.mark.skipif(ON_DEBIAN, reason="Debian has a command for it")
def test_elsewhere_another_python_is_asked_for(tmp_path: Path) -> None:
    other = program(tmp_path / "python3", "exit 1")
    done = prepare(other, tmp_path, user=1000, apt="")
    assert done.returncode == 1
    assert "PYTHON=" in done.stderr
