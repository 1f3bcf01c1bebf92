"""Prints how soon a second start is ready and how much memory the idle platform holds (PSS, Linux).

    .venv/bin/python -m tests.bench.footprint

PSS counts a page that n processes share as 1/n of it, so the sum is what the machine really gives.
"""

import json
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
LIMIT_SECONDS, LIMIT_MIB = 10, 900


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        first, platform = start(data)
        stop(platform)
        seconds, mebibytes = [], {}
        for _ in range(STARTS):
            taken, platform = start(data)
            seconds.append(taken)
            time.sleep(IDLE_SECONDS)
            mebibytes = footprint(json.loads((data / "run.json").read_text()))
            stop(platform)
    report(first, seconds, mebibytes)


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


def footprint(record: dict[str, Any]) -> dict[str, float]:
    pids = {"launcher": record["launcher"], **record["pids"]}
    return {name: pss_mebibytes(pid) for name, pid in pids.items()}


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


if __name__ == "__main__":
    main()
