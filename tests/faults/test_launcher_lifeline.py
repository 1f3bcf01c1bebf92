"""Where the system does not tie processes together, a twin does."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

TIED = """
import os, sys, time
from ops.run import lifeline
lifeline.leave_a_twin(int(sys.argv[1]))
print(os.getpid(), flush=True)
time.sleep({seconds})
"""
PARENT = """
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", sys.argv[1], str(os.getpid())])
time.sleep(60)
"""
WITHIN_SECONDS = 10

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="watches the processes through /proc")


def ends(pid: int) -> bool:
    deadline = time.monotonic() + WITHIN_SECONDS
    stat = Path(f"/proc/{pid}/stat")
    while time.monotonic() < deadline:
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_process_does_not_outlive_its_killed_parent() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, TIED.format(seconds=60)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    tied = int(parent.stdout.readline())
    [twin] = children_of(tied)
    parent.kill()
    parent.wait()
    assert ends(tied)
    assert ends(twin)


def test_the_twin_goes_when_its_process_does() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, TIED.format(seconds=0.2)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    [twin] = children_of(int(parent.stdout.readline()))
    assert ends(twin)
    parent.kill()
    parent.wait()
