"""Core dumps: letting a started process make them, and looking whether it could and did."""

import contextlib
import ctypes
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

PR_CAPBSET_DROP, CAP_SYS_PTRACE = 24, 19


@contextlib.contextmanager
def core_files_allowed() -> Iterator[None]:
    """As `ulimit -c unlimited` (or as far as this process may go) for what is started meanwhile."""
    before, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        yield
    finally:
        # What the process under test does to itself it may have done to this one too: a hard limit is lowered for good.
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        within = hard == resource.RLIM_INFINITY or 0 <= before <= hard
        resource.setrlimit(resource.RLIMIT_CORE, (before if within else hard, hard))


def core_limits(pid: int) -> list[str]:
    """The soft and the hard limit, as Linux shows them."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line.split()[4:6] for line in lines if line.startswith("Max core file size"))


def core_files(*directories: Path) -> list[Path]:
    """What a plain `kernel.core_pattern` leaves in a process's directory."""
    return [path for directory in directories for path in directory.glob("core*") if path.is_file()]


def may_no_longer_look_into_others() -> None:
    """For `preexec_fn`: what is started is as any user's process, even where root starts it."""
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0)


def can_be_looked_into(pid: int) -> bool:
    """Whether another process of the same user may read its memory, as it may not with an undumpable one."""
    read = subprocess.run(
        ["/usr/bin/head", "-c", "1", f"/proc/{pid}/mem"],
        env={"LC_ALL": "C"},
        capture_output=True,
        check=False,
        preexec_fn=may_no_longer_look_into_others,
    )
    # Nothing is mapped at address 0: whoever may look is told of an input/output error.
    return b"Permission denied" not in read.stderr
