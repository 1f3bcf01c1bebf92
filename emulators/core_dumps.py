"""An emulator holds in memory whatever its tests sent, and so must not be dumped either.

RLIMIT_CORE 0 stops core files; on Linux PR_SET_DUMPABLE 0 also stops dumps that are piped to a collecting program,
which do not ask for the limit (core(5), prctl(2)).
"""

import ctypes
import resource
import sys

PR_SET_DUMPABLE = 4


def forbid_core_dumps() -> None:
    """Switch them off for this process, for good.

    Raises:
        SystemExit: the system does not allow it.
    """
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError) as failure:
        raise SystemExit(f"core dumps cannot be switched off: {failure}") from None
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise SystemExit("core dumps cannot be switched off: prctl(PR_SET_DUMPABLE) failed")
