"""Measures the way of a text through the whole platform beside nginx, LiteLLM's proxy and the vendor stub alone.

All contestants run at once and are asked by turns, in the other order every second round; a ratio is made within a
round, because the machine is not equally fast in all of them. See docs/performance.md.
"""

import argparse
import json
import math
import os
import platform as machine
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import uvloop

from ops.machine import WRK
from tests.bench.text_path import ours, report
from tests.bench.text_path.cells import CELLS, FULL, GROWTH_MAX, NOT_IDLE, ONCE, QUICK, Bench, Figures
from tests.bench.text_path.contestants import ARTIFACTS, ROOT, CannotStart, Contestant, Vendor, start_vendor
from tests.bench.text_path.orders import Order
from tests.bench.text_path.peers import start_litellm, start_nginx
from tests.bench.text_path.processes import pss_mebibytes

PEERS = {"nginx": start_nginx, "litellm": start_litellm}
NAMES = ("direct", *PEERS, "ours")


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.text_path", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short cells and one round, for a glance between changes")
    parser.add_argument("--rounds", type=int, help="3, with --quick 1")
    parser.add_argument("--only", help=f"cells by name or its start, separated by commas: {', '.join(CELLS)}")
    parser.add_argument("--with", dest="names", help=f"contestants, separated by commas: {', '.join(NAMES)}")
    parser.add_argument("--against", type=Path, metavar="TREE", help="a second platform, from another working tree")
    parser.add_argument("--out", type=Path, default=ARTIFACTS / "text_path.json", help="where all figures are written")
    return parser.parse_args(arguments)


def cells_asked(only: str | None) -> list[str]:
    if not only:
        return list(CELLS)
    found = [cell for cell in CELLS if cell.startswith(tuple(only.split(",")))]
    if not found:
        raise SystemExit(f"no cell begins like that; there are {', '.join(CELLS)}")
    return found


@asynccontextmanager
async def contestants(
    vendor: Vendor, names: Sequence[str], against: Path | None, room: Path
) -> AsyncIterator[list[Contestant]]:
    """All that can be started; of the others it is said why not."""
    async with AsyncExitStack() as stack:
        found = [vendor.contestant()] if "direct" in names else []
        for name, start in PEERS.items():
            if name in names:
                try:
                    process, contestant = await start(vendor, room)
                except CannotStart as why:
                    print(f"NOT MEASURED: {name} {why}")
                    continue
                stack.callback(process.stop)
                found.append(contestant)
        trees = {"ours": ROOT} if "ours" in names else {}
        trees |= {"against": against.resolve()} if against else {}
        for name, tree in trees.items():
            try:
                found.append(await stack.enter_async_context(ours.started(name, tree, vendor, room)))
            except AssertionError as why:
                print(f"NOT MEASURED: {name} {why}")
        yield found


async def measure(
    bench: Bench, found: Sequence[Contestant], cells: Sequence[str], rounds: int
) -> list[dict[str, dict[str, Figures]]]:
    measured = []
    peaks = {one.name: 0.0 for one in found}
    for number in range(rounds):
        due = [cell for cell in cells if number == rounds - 1 or not cell.startswith(ONCE)]
        this: dict[str, dict[str, Figures]] = {cell: {} for cell in due}
        for cell in due:
            for contestant in found if number % 2 == 0 else list(reversed(found)):
                if not takes_part(contestant.name, cell):
                    continue
                tell(f"round {number + 1}/{rounds}  {cell:<12} {contestant.name:<10}")
                this[cell][contestant.name] = await figures_of(cell, bench, contestant)
                peaks[contestant.name] = max(peaks[contestant.name], core_memory(contestant))
        measured.append(this)
    tell("")
    for this in measured:
        this["start"] = {one.name: Figures({"start_s": one.start_seconds}) for one in found if one.start_seconds}
        this["memory"] = {name: Figures({"core_pss_mib": peak}) for name, peak in peaks.items() if peak}
    return measured


async def figures_of(cell: str, bench: Bench, contestant: Contestant) -> Figures:
    """The figures of a cell, or the error that kept it from giving any."""
    try:
        return await CELLS[cell](bench, contestant)
    except OSError as error:
        return Figures({}, errors=Counter([f"cannot be reached: {error.strerror}"]))


def tell(progress: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{progress:<60}", end="\r", file=sys.stderr, flush=True)


def takes_part(name: str, cell: str) -> bool:
    if cell == "idle":
        return name not in NOT_IDLE
    return not cell.startswith("growth") or int(cell.removeprefix("growth-c")) <= GROWTH_MAX.get(name, math.inf)


def core_memory(contestant: Contestant) -> float:
    """The memory of what a text passes through: of ours three processes, of the others all."""
    pids = contestant.pids()
    core = [name for name in pids if name in report.CORE] or list(pids)
    return pss_mebibytes(pid for name in core for pid in pids[name])


def how_far_the_client_goes(found: Sequence[Contestant], rounds: report.Rounds) -> str:
    """nginx asked by wrk, which is written in C, beside nginx asked by our client."""
    by_us = [value for value in report.column(rounds, "whole-c16", "nginx", "rate") if not math.isnan(value)]
    nginx = next((one for one in found if one.name == "nginx"), None)
    wrk = WRK.find()
    if not by_us or nginx is None or not wrk:
        return "The load client was not held against wrk: that takes nginx measured at 16 at once, and wrk."
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        _, _, body = nginx.request(0, Order()).partition(b"\r\n\r\n")
        path = nginx.request(0, Order()).split(b" ", 2)[1].decode()
        script.write(f"wrk.method = 'POST'\nwrk.body = [==[{body.decode()}]==]\n")
        script.flush()
        url = f"http://{nginx.address[0]}:{nginx.address[1]}{path}"
        command = [str(wrk), "-t1", "-c16", "-d3s", "-s", script.name, url]
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    rate = float(said.split("Requests/sec:")[1].split()[0])
    return f"The load client: {max(by_us):.0f} requests/s of nginx at 16 at once, where wrk gets {rate:.0f}."


def commit(tree: Path) -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=tree, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def as_json(of: str, rounds: report.Rounds) -> dict[str, object]:
    return {
        "commit": of,
        "machine": {
            "python": machine.python_version(),
            "system": machine.platform(),
            "cpus": len(os.sched_getaffinity(0)),
        },
        "rounds": [
            {
                cell: {
                    name: {"values": one.values, "cpu_seconds": one.cpu_seconds, "errors": one.errors}
                    for name, one in by_name.items()
                }
                for cell, by_name in this.items()
            }
            for this in rounds
        ],
    }


async def bench(asked: argparse.Namespace) -> None:
    names = asked.names.split(",") if asked.names else list(NAMES)
    cells = cells_asked(asked.only)
    rounds = asked.rounds or (1 if asked.quick else 3)
    measured_commit = commit(ROOT)  # now, for others may edit while it runs
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="larabot-bench-") as directory:
        room = Path(directory)
        vendor = await start_vendor(room)
        try:
            async with contestants(vendor, names, asked.against, room) as found:
                measured = await measure(Bench(vendor, QUICK if asked.quick else FULL), found, cells, rounds)
                client = how_far_the_client_goes(found, measured)
        finally:
            vendor.process.stop()
    asked.out.write_text(json.dumps(as_json(measured_commit, measured), indent=1))
    print("\n".join(report.cell_lines(measured)))
    print(f"\n{client}\n\nOurs at {measured_commit}, medians of {rounds} rounds:")
    print("\n".join(report.target_lines(measured)))
    print(f"\nAll figures: {asked.out}")


def main() -> None:
    if sys.platform != "linux":
        raise SystemExit("CPU and memory of the contestants are read as Linux tells them.")
    uvloop.run(bench(parsed(sys.argv[1:])))


if __name__ == "__main__":
    main()
