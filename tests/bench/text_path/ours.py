"""Our whole platform as a contestant: started from a copy of a tree in which only the limits are higher."""

import json
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench.text_path.contestants import LOOPBACK, Contestant, Vendor, http_request
from tests.bench.text_path.orders import Order
from tests.bench.text_path.processes import Pids, family
from tests.support.people import teachers
from tests.support.platform import Platform

DATA = ("policies", "deploy", "web/dist")
BENCH = Path(__file__).parent
PEOPLE = 16
PER_MINUTE, PER_DAY = 10_000_000, 1_000_000_000
PURPOSE = "text_tools"


def copy_tree(tree: Path, to: Path) -> None:
    """What the platform runs on, and this bench's way to start it; the copy stays as it is while others edit."""
    ignored = shutil.ignore_patterns("__pycache__", "node_modules")
    packages = (path.parent.name for path in tree.glob("*/__init__.py"))
    for part in (*packages, *DATA):
        if (tree / part).is_dir():
            shutil.copytree(tree / part, to / part, ignore=ignored)
    shutil.copytree(BENCH, to / "tests" / "bench" / "text_path", ignore=ignored)
    raise_limits(to / "policies")


def raise_limits(policies: Path) -> None:
    """Every request is still counted, and none refused: what a limit lets through is not what is measured."""
    limits = policies / "limits.json"
    limits.write_text(json.dumps(dict.fromkeys(json.loads(limits.read_text()), f"{PER_MINUTE}/minute")))
    tiers = policies / "tiers.json"
    table = json.loads(tiers.read_text())
    for tier in table["tiers"].values():
        for quota in tier["quotas"]:
            quota["limit"] = PER_DAY
    tiers.write_text(json.dumps(table))


def pids_of(platform: Platform) -> Pids:
    """All of the platform's processes but the emulators, which are no part of it."""
    return {name: family(pid) if name == "nats-server" else (pid,) for name, pid in platform.pids.items()
            if not name.startswith("emulator-")}  # fmt: skip


@asynccontextmanager
async def started(name: str, tree: Path, vendor: Vendor, room: Path) -> AsyncIterator[Contestant]:
    """The platform of a tree, with people who have an account, a session and have consented."""
    copied = room / name
    copy_tree(tree, copied)
    began = time.monotonic()
    platform = Platform(
        room / f"{name}-data",
        python=tree / ".venv" / "bin" / "python",
        module=("tests.bench.text_path.launch", str(vendor.port)),
        tree=copied,
    )
    with platform:
        seconds = time.monotonic() - began
        async with teachers(platform, PEOPLE, PURPOSE) as people:
            cookies = ["; ".join(f"{key}={value}" for key, value in one.browser.cookies.items()) for one in people]
        port = int(platform.url.rsplit(":", 1)[1])

        def request(number: int, order: Order) -> bytes:
            headers = {
                "Host": f"localhost:{port}",
                "X-Requested-By": "larabot",
                "Cookie": cookies[number % PEOPLE],
            }
            body = {"inputs": {"text": order.text()}, "stream": order.stream}
            return http_request("/api/text/simplify", headers, body)

        yield Contestant(name, (LOOPBACK, port), request, lambda: pids_of(platform), seconds)
