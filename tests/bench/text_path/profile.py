"""Says where the processes of a text spend their time, by py-spy while load is on them.

    .venv/bin/python -m tests.bench.text_path.profile --load paced-c32 --processes gateway,textproxy

For every process: the functions that were running (own time) and those that were somewhere on the stack (with what
they called), in percent of the samples in which a thread was busy. `Runner.run` with own time is the event loop's C
code: waking, reading and writing sockets. py-spy is installed under .artifacts.
"""

import argparse
import asyncio
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import uvloop

from tests.bench.text_path import ours
from tests.bench.text_path.cells import CELLS, Bench, Effort
from tests.bench.text_path.contestants import ARTIFACTS, ROOT, Contestant, start_vendor
from tests.bench.text_path.peers import install

PY_SPY = "py-spy==0.4.3"
RATE_HZ = 250
SHOWN = 25
ON_EVERY_STACK = ("runpy>", "ops/run/preloader.py", "asyncio/runners.py", "uvloop/", "threading.py", "__main__.py")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.text_path.profile", description=__doc__)
    parser.add_argument("--load", default="whole-c16", choices=CELLS, help="the cell whose load is put on")
    parser.add_argument("--processes", default="gateway,textproxy", help="names of processes, separated by commas")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--lines", action="store_true", help="tell lines apart, not only functions")
    parser.add_argument("--tree", type=Path, default=ROOT, help="profile the platform of another working tree")
    uvloop.run(profile(parser.parse_args()))


async def profile(asked: argparse.Namespace) -> None:
    environment = ARTIFACTS / "py-spy"
    install(environment, PY_SPY)
    with tempfile.TemporaryDirectory(prefix="larabot-profile-") as directory:
        room = Path(directory)
        vendor = await start_vendor(room)
        try:
            async with ours.started("ours", asked.tree.resolve(), vendor, room) as contestant:
                names = asked.processes.split(",")
                bench = Bench(vendor, Effort(asked.seconds, firsts=int(asked.seconds * 30), cancels=1, idle_seconds=0))
                recorded = await record(environment / "bin" / "py-spy", bench, contestant, asked, names, room)
        finally:
            vendor.process.stop()
    for name, text in recorded.items():
        print(f"\n== {name}, {asked.load}")
        print("\n".join(top(text.splitlines())))


async def record(
    py_spy: Path, bench: Bench, contestant: Contestant, asked: argparse.Namespace, names: Sequence[str], room: Path
) -> dict[str, str]:
    """The collapsed stacks of every process, as py-spy writes them."""
    pids = contestant.pids()
    await CELLS["whole-c1"](Bench(bench.vendor, Effort(1, 1, 1, 0)), contestant)
    spies = [
        subprocess.Popen(
            [str(py_spy), "record", "--pid", str(pid), "--format", "raw", "--rate", str(RATE_HZ), "--nonblocking"]
            + ["--duration", str(int(asked.seconds)), "--output", str(room / f"{name}.{pid}")]
            + ([] if asked.lines else ["--function"]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for name in names
        for pid in pids[name]
    ]
    ended = asyncio.gather(*(asyncio.to_thread(spy.wait) for spy in spies))
    while not ended.done():
        await CELLS[asked.load](bench, contestant)
    return {
        name: "\n".join((room / f"{name}.{pid}").read_text() for pid in pids[name] if (room / f"{name}.{pid}").exists())
        for name in names
    }


def top(stacks: Iterable[str]) -> list[str]:
    """The busiest functions of collapsed stacks, `outer;inner 12`."""
    own: Counter[str] = Counter()
    within: Counter[str] = Counter()
    for line in stacks:
        stack, _, times = line.rpartition(" ")
        if not stack:
            continue
        frames = stack.split(";")
        own[frames[-1]] += int(times)
        for frame in set(frames):
            if not any(part in frame for part in ON_EVERY_STACK):
                within[frame] += int(times)
    total = own.total() or 1
    lines = [f"{own.total()} samples", f"{'own time':<82} | with what was called"]
    for (mine, count), (outer, outer_count) in zip(own.most_common(SHOWN), within.most_common(SHOWN), strict=False):
        lines.append(f"{100 * count / total:5.1f}% {mine[:75]:<75} | {100 * outer_count / total:5.1f}% {outer[:75]}")
    return lines


if __name__ == "__main__":
    main()
