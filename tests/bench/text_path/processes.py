"""CPU time and memory of running processes (Linux)."""

import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

Pids = Mapping[str, tuple[int, ...]]
"""The processes of a contestant by name."""

SCHEDULED = 2  # CPUCLOCK_SCHED: what a process has run, with threads that ended, in nanoseconds


def cpu_seconds(pid: int) -> float:
    """The CPU time of a process; 0 of one that is gone.

    The clock of clock_getcpuclockid(3): /proc/PID/stat counts the same in steps of 10 ms.
    """
    try:
        return time.clock_gettime_ns((~pid << 3) | SCHEDULED) / 1e9
    except OSError:
        return 0.0


def cpu_of(pids: Pids) -> dict[str, float]:
    return {name: sum(cpu_seconds(pid) for pid in ids) for name, ids in pids.items()}


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {name: max(0.0, after[name] - before.get(name, 0.0)) for name in after}


def pss_mebibytes(pids: Iterable[int]) -> float:
    """The proportional set size; a page that n processes share counts as 1/n of it in each."""
    total = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        total += int(found[1]) if found else 0
    return total / 1024


def family(pid: int) -> tuple[int, ...]:
    """A process and all that it started, and they in turn."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return (pid,)
    return (pid, *(one for child in children for one in family(int(child))))
