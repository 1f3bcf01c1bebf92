"""What is measured: each cell puts one kind of load on one contestant and gives its figures."""

import asyncio
import math
import resource
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from statistics import median

import httpx

from tests.bench.text_path.client import Connection
from tests.bench.text_path.contestants import Contestant, Vendor
from tests.bench.text_path.figures import per, percentile
from tests.bench.text_path.load import Connections, Seen, connections
from tests.bench.text_path.orders import Order
from tests.bench.text_path.processes import cpu_of, cpu_seconds, pss_mebibytes, spent

STREAM_CHUNKS, PACE_SECONDS, FIRST_SECONDS = 200, 0.02, 0.1
AT_ONCE = 32
CLOSED_WITHIN_SECONDS, SETTLED_SECONDS = 5.0, 0.2
CLIENT, STUB = "(client)", "(stub)"


@dataclass(slots=True)
class Figures:
    """One cell of one contestant in one round."""

    values: dict[str, float]
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    """By process; the client's and the stub's too, in brackets."""
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def cpu(self) -> float:
        """Of the contestant's own processes."""
        return sum(seconds for name, seconds in self.cpu_seconds.items() if not name.startswith("("))


@dataclass(frozen=True, slots=True)
class Effort:
    """How long a cell takes."""

    seconds: float
    firsts: int
    cancels: int
    idle_seconds: float


FULL = Effort(seconds=4, firsts=60, cancels=5, idle_seconds=20)
QUICK = Effort(seconds=2, firsts=20, cancels=2, idle_seconds=5)


@dataclass(frozen=True, slots=True)
class Bench:
    """What a cell needs to know beside its contestant."""

    vendor: Vendor
    effort: Effort

    def cpu(self, contestant: Contestant) -> dict[str, float]:
        own = resource.getrusage(resource.RUSAGE_SELF)
        bracketed = {CLIENT: own.ru_utime + own.ru_stime, STUB: cpu_seconds(self.vendor.process.pid)}
        return {**cpu_of(contestant.pids()), **bracketed}


Cell = Callable[[Bench, Contestant], Awaitable[Figures]]


async def loaded(
    bench: Bench, contestant: Contestant, count: int, load: Callable[[Connections], Awaitable[Seen]]
) -> tuple[Seen, Figures]:
    async with connections(contestant, count) as kept:
        before = bench.cpu(contestant)
        seen = await load(kept)
        cpu = spent(before, bench.cpu(contestant))
    memory = pss_mebibytes(pid for ids in contestant.pids().values() for pid in ids)
    return seen, Figures({"pss_mib": memory}, cpu, seen.errors)


async def whole_answers(bench: Bench, contestant: Contestant, *, count: int) -> Figures:
    """Answers that are not streamed, one after the other on each of so many connections."""
    load = partial(Connections.repeated, order=Order(), seconds=bench.effort.seconds)
    seen, figures = await loaded(bench, contestant, count, load)
    done = len(seen.answers)
    figures.values |= {
        "requests": done,
        "rate": done / seen.seconds,
        "p50_ms": 1000 * percentile(seen.latencies, 50),
        "p99_ms": 1000 * percentile(seen.latencies, 99),
        "cpu_s_per_1k": per(figures.cpu, done, 1000),
    }
    return figures


async def first_tokens(bench: Bench, contestant: Contestant) -> Figures:
    """The time to the first text of short streams, one at a time; the vendor itself takes 20 ms."""
    order = Order(stream=True, chunks=3, first=PACE_SECONDS)

    async def load(kept: Connections) -> Seen:
        seen = Seen()
        for _ in range(bench.effort.firsts):
            await kept.ask(0, order, seen)
        return seen

    seen, figures = await loaded(bench, contestant, 1, load)
    figures.values |= first_values(seen)
    return figures


def first_values(seen: Seen) -> dict[str, float]:
    return {"first_p50_ms": 1000 * percentile(seen.firsts, 50), "first_p99_ms": 1000 * percentile(seen.firsts, 99)}


async def paced(bench: Bench, contestant: Contestant, *, count: int = AT_ONCE) -> Figures:
    """So many streams opened at once: the first text after 100 ms, then a chunk every 20 ms."""
    order = Order(stream=True, chunks=STREAM_CHUNKS, first=FIRST_SECONDS, pace=PACE_SECONDS)
    seen, figures = await loaded(bench, contestant, count, partial(Connections.once, order=order))
    figures.values |= first_values(seen) | {
        "total_s": seen.seconds,
        "gap_p99_ms": 1000 * percentile(seen.gaps, 99),
        "cpu_s_per_100k": per(figures.cpu, seen.chunks, 100_000),
    }
    return figures


async def flooded(bench: Bench, contestant: Contestant) -> Figures:
    """Streams whose chunks come as fast as they are taken."""
    order = Order(stream=True, chunks=STREAM_CHUNKS)
    load = partial(Connections.repeated, order=order, seconds=bench.effort.seconds)
    seen, figures = await loaded(bench, contestant, AT_ONCE, load)
    figures.values |= {
        "streams_per_s": len(seen.answers) / seen.seconds,
        "cpu_s_per_100k": per(figures.cpu, seen.chunks, 100_000),
    }
    return figures


PHASES = {
    "mid_stream": Order(stream=True, chunks=1000, pace=PACE_SECONDS),
    "before_first": Order(stream=True, first=30.0),
    "whole": Order(stream=False, first=30.0),
}


async def cancelled(bench: Bench, contestant: Contestant) -> Figures:
    """The seconds from the client's close until the vendor sees its connection close, in three phases."""
    figures = Figures({})
    for phase, order in PHASES.items():
        taken: list[float] = []
        while len(taken) < bench.effort.cancels and math.inf not in taken:
            taken.append(await cancel(bench.vendor, contestant, order))
        figures.values[f"{phase}_ms"] = 1000 * max(taken)
        figures.values[f"{phase}_p50_ms"] = 1000 * median(taken)
    return figures


async def cancel(vendor: Vendor, contestant: Contestant, order: Order) -> float:
    """Infinite where the vendor's connection stayed open."""
    tag = f"cancel-{time.monotonic_ns()}"
    tagged = Order(order.stream, order.chunks, order.first, order.pace, tag)
    connection = await Connection.to(contestant.address)
    abandoned = connection.send(contestant.request(0, tagged))
    async with httpx.AsyncClient(trust_env=False, base_url=vendor.url) as door:
        arrived_at = await told(door, tag, "arrived")
        await asyncio.sleep(SETTLED_SECONDS)
        closed_at = time.monotonic()
        connection.close()
        abandoned.cancel()
        if not arrived_at:
            return math.inf
        seen_at = await told(door, tag, "closed")
    return seen_at - closed_at if seen_at else math.inf


async def told(door: httpx.AsyncClient, tag: str, what: str) -> float:
    """When the vendor saw it; 0 where it does not within some seconds."""
    deadline = time.monotonic() + CLOSED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        at = (await door.get("/seen")).json().get(tag, {}).get(what)
        if at:
            return float(at)
        await asyncio.sleep(0.02)
    return 0.0


async def idle(bench: Bench, contestant: Contestant) -> Figures:
    """What a contestant does while nobody asks, in percent of one core."""
    await asyncio.sleep(2)
    before, began = cpu_of(contestant.pids()), time.monotonic()
    await asyncio.sleep(bench.effort.idle_seconds)
    cpu = spent(before, cpu_of(contestant.pids()))
    figures = Figures({}, cpu)
    figures.values["idle_percent"] = 100 * figures.cpu / (time.monotonic() - began)
    return figures


WHOLE_COUNTS = (1, 16, 64)
GROWTH_COUNTS = (1, 4, 16, 64, 128, 256)
CELLS: dict[str, Cell] = {
    **{f"whole-c{count}": partial(whole_answers, count=count) for count in WHOLE_COUNTS},
    "first-c1": first_tokens,
    "paced-c32": paced,
    "flood-c32": flooded,
    "idle": idle,
    **{f"growth-c{count}": partial(paced, count=count) for count in GROWTH_COUNTS},
    # Last: what a contestant does not cancel goes on for half a minute.
    "cancel": cancelled,
}
ONCE = ("cancel", "idle", "growth")
"""What these cells find hardly differs between rounds, and they take long; the name or its start."""
GROWTH_MAX = {"litellm": 16}
"""What falls so far behind that it would only hold up the others is not asked for more streams at once."""
NOT_IDLE = ("direct", "nginx")
