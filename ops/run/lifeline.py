"""Ties a process to the one that started it, so that not even `kill -9` of the launcher leaves an orphan.

Run as a script it is a shim: `python -I -S lifeline.py PARENT_PID PROGRAM ARGUMENT…` ties itself and
becomes the program. Linux does the watching itself (PR_SET_PDEATHSIG survives exec); elsewhere a tiny twin
looks twice a second. Standard library only, since the shim runs without site-packages.
"""

import ctypes
import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
LOOK_EVERY_SECONDS = 0.5


def tie_to(parent_pid: int) -> None:
    """From now on this process dies with the given parent; it ends at once if the parent is gone already."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    else:
        leave_a_twin(parent_pid)
    if os.getppid() != parent_pid:
        os._exit(1)


def leave_a_twin(parent_pid: int) -> None:
    """Fork a child that ends this process once the parent is gone, and itself once this process is gone."""
    watched = os.getpid()
    if os.fork() != 0:
        return
    os.closerange(0, 256)
    while os.getppid() == watched:
        if not is_alive(parent_pid):
            os.kill(watched, signal.SIGKILL)
        time.sleep(LOOK_EVERY_SECONDS)
    os._exit(0)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    tie_to(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606  # the launcher names the program; no shell is wanted
