"""No image of this process is ever written to disk: it holds secrets and people's texts.

Two locks, both for good. RLIMIT_CORE 0 stops core files (POSIX setrlimit) and is inherited by whatever this process
starts. On Linux it does not stop a dump that is piped to a collecting program (core(5), "Piping core dumps to a
program"); PR_SET_DUMPABLE 0 does (prctl(2)), and closes /proc/PID/mem and ptrace to other processes of the same user
besides. It is inherited by fork and lost by exec.
"""

import ctypes
import os
import resource
import sys

PR_GET_DUMPABLE, PR_SET_DUMPABLE = 3, 4


class CoreDumpsPossible(SystemExit):
    """The system did not let core dumps be switched off; the message says what failed."""


def forbid_core_dumps() -> None:
    """Make it impossible, until it ends, that this process is dumped.

    Raises:
        CoreDumpsPossible: the system refuses; the process must not go on to read anything secret.
    """
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if sys.platform == "linux":
            _be_undumpable()
    except (OSError, ValueError) as failure:
        raise CoreDumpsPossible(
            f"refusing to start: core dumps of this process cannot be switched off ({failure}), and one would hold "
            "secrets and texts of people. Allow setrlimit(RLIMIT_CORE) and prctl(PR_SET_DUMPABLE)."
        ) from None


def _be_undumpable() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl(PR_SET_DUMPABLE): {os.strerror(ctypes.get_errno())}")
    if libc.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(0, "prctl(PR_SET_DUMPABLE) had no effect")
