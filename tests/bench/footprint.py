"""Prints how soon a second start is ready, and what the idle platform takes of memory (PSS) and CPU (Linux).

    .venv/bin/python -m tests.bench.footprint

PSS counts a page that n processes share as 1/n of it, so the sum is what the machine really gives.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

STARTS = 3
READY_SECONDS_MAX = 90
IDLE_SECONDS = 10
IDLE_CPU_SECONDS = 20
CORES_AIMED_AT = 0.01
LIMIT_SECONDS, LIMIT_MIB = 10, 900


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        first, platform = start(data)
        stop(platform)
        seconds, mebibytes, cores = [], {}, {}
        for _ in range(STARTS):
            taken, platform = start(data)
            seconds.append(taken)
            time.sleep(IDLE_SECONDS)
            pids = pids_of(json.loads((data / "run.json").read_text()))
            cores = idle_cores(pids)
            mebibytes = {name: pss_mebibytes(pid) for name, pid in pids.items()}
            stop(platform)
    report(first, seconds, mebibytes)
    report_cores(cores)


def start(data: Path) -> tuple[float, subprocess.Popen[bytes]]:
    began = time.monotonic()
    command = [sys.executable, "-m", "ops", "run", "--port", "0", "--data", str(data)]
    platform = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while not (data / "run.json").exists():
        if platform.poll() is not None or time.monotonic() - began > READY_SECONDS_MAX:
            raise SystemExit("the platform did not come up")
        time.sleep(0.01)
    return time.monotonic() - began, platform


def stop(platform: subprocess.Popen[bytes]) -> None:
    platform.terminate()
    platform.wait(timeout=30)


def pids_of(record: dict[str, Any]) -> dict[str, int]:
    return {"launcher": record["launcher"], **record["pids"]}


def idle_cores(pids: dict[str, int]) -> dict[str, float]:
    """The share of one core that each process takes while nobody asks anything."""
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    time.sleep(IDLE_CPU_SECONDS)
    return {name: (cpu_seconds(pid) - before[name]) / IDLE_CPU_SECONDS for name, pid in pids.items()}


def cpu_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def pss_mebibytes(pid: int) -> float:
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found.group(1)) / 1024 if found else 0.0


def report(first: float, seconds: list[float], mebibytes: dict[str, float]) -> None:
    counted = {name: size for name, size in mebibytes.items() if not name.startswith("emulator-")}
    print(f"first start (new data directory, environment there): {first:.1f} s")
    print(f"second start, median of {STARTS}: {statistics.median(seconds):.1f} s (limit {LIMIT_SECONDS} s)")
    for name, size in sorted(counted.items(), key=lambda item: -item[1]):
        print(f"  {name:<14}{size:7.1f} MiB")
    print(f"idle, without emulators: {sum(counted.values()):.0f} MiB (limit {LIMIT_MIB} MiB)")


def report_cores(cores: dict[str, float]) -> None:
    for name, share in sorted(cores.items(), key=lambda item: -item[1]):
        print(f"  {name:<22}{share:7.2%} of a core")
    print(f"idle, all: {sum(cores.values()):.2%} of a core (aim {CORES_AIMED_AT:.0%})")


if __name__ == "__main__":
    main()
