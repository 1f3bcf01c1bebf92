"""Prints how long an erasure takes, from the request to the closed case, beside the bare floor; and what it costs.

    .venv/bin/python -m tests.bench.erasure [--soak COUNT]

`--soak` erases so many people one after the other under random kills instead, and checks that each has all its receipts
and none an identifier left.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

from tests.bench.erasure.floor import floors
from tests.bench.erasure.ours import Round, erasures
from tests.bench.erasure.soak import soak
from tests.support.platform import Platform

AT_ONCE = {1: 20, 16: 3}


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--soak", type=int, default=0)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        if options.soak:
            with Platform(Path(directory) / "data") as platform:
                print(asyncio.run(soak(platform, options.soak)))
            return
        floor = asyncio.run(floors(Path(directory) / "floor", AT_ONCE))
        with Platform(Path(directory) / "data") as platform:
            ours = asyncio.run(erasures(platform, AT_ONCE))
    print_times(floor, ours)
    print_cpu(ours)


def print_times(floor: dict[int, Round], ours: dict[int, Round]) -> None:
    print(
        f"{'at once':>8} {'floor p50, ms':>14} {'p50, ms':>10} {'ratio':>6} {'p99, ms':>10}"
        f" {'a second':>10} {'floor':>8}"
    )
    for count, bare in floor.items():
        mine = ours[count]
        ratio = mine.percentile(50) / bare.percentile(50)
        print(
            f"{count:>8} {bare.percentile(50):>14.0f} {mine.percentile(50):>10.0f} {ratio:>6.1f}"
            f" {mine.percentile(99):>10.0f} {mine.per_second:>10.1f} {bare.per_second:>8.1f}"
        )


def print_cpu(ours: dict[int, Round]) -> None:
    for count, mine in ours.items():
        erased = len(mine.milliseconds)
        costs = {name: 1000 * seconds / erased for name, seconds in mine.cpu.items()}
        shown = ", ".join(
            f"{name} {cost:.0f}" for name, cost in sorted(costs.items(), key=lambda one: -one[1]) if cost >= 1
        )
        print(f"{count} at once: {sum(costs.values()):.0f} ms of CPU an erasure ({shown})")


if __name__ == "__main__":
    main()
