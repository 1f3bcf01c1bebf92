"""Erasures on the whole platform, timed by what dsar notes itself: nobody asks how far a case has come meanwhile."""

import asyncio
import sqlite3
import statistics
import time
from collections.abc import Awaitable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.bench.text_path.processes import cpu_of, spent
from tests.support.people import a_teacher
from tests.support.platform import Platform

WITHIN_SECONDS = 120
LOOK_SECONDS = 0.005
# What is not ours: a recipient's service, and the launcher that watches.
NOT_OURS = ("emulator", "launcher", "preloader")


@dataclass
class Round:
    """Erasures with the same number at once: how long each took, all together, and the CPU seconds by process."""

    milliseconds: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)

    async def add(self, erased: Awaitable[list[float]]) -> None:
        """Await some erasures, and count them in."""
        began = time.perf_counter()
        self.milliseconds += await erased
        self.seconds += time.perf_counter() - began

    def percentile(self, which: int) -> float:
        """Of the milliseconds."""
        return statistics.quantiles(self.milliseconds, n=100, method="inclusive")[which - 1]

    @property
    def per_second(self) -> float:
        return len(self.milliseconds) / self.seconds


class Closings:
    """When cases were closed, as dsar noted it; the file is looked at, which costs the platform nothing."""

    def __init__(self, platform: Platform) -> None:
        self._database = sqlite3.connect(f"file:{platform.data}/dsar/dsar.db?mode=ro", uri=True)

    async def of(self, case_ids: list[str]) -> list[datetime]:
        marks = ", ".join("?" * len(case_ids))
        query = f"SELECT closed_at FROM command WHERE case_id IN ({marks}) AND closed_at IS NOT NULL"  # noqa: S608 — marks only
        async with asyncio.timeout(WITHIN_SECONDS):
            while len(found := self._database.execute(query, case_ids).fetchall()) < len(case_ids):
                await asyncio.sleep(LOOK_SECONDS)
        return [datetime.fromisoformat(at).replace(tzinfo=UTC) for (at,) in found]


async def erasures(platform: Platform, at_once: Mapping[int, int]) -> dict[int, Round]:
    """From the person's request, over HTTP, to the closed case."""
    closings = Closings(platform)
    await _erased(platform, closings, 1, {})
    rounds = {}
    for count, repeated in at_once.items():
        rounds[count] = Round()
        for _ in range(repeated):
            taken = await _erased(platform, closings, count, rounds[count].cpu)
            rounds[count].milliseconds += taken
            rounds[count].seconds += max(taken) / 1000
    return rounds


async def _erased(platform: Platform, closings: Closings, count: int, cpu: dict[str, float]) -> list[float]:
    async with AsyncExitStack() as stack:
        makers = (stack.enter_async_context(a_teacher(platform, "text_tools")) for _ in range(count))
        people = await asyncio.gather(*makers)
        await asyncio.sleep(0.5)  # letters and events of the registration are no part of it
        pids = {name: (pid,) for name, pid in platform.pids.items() if not name.startswith(NOT_OURS)}
        before, began = cpu_of(pids), datetime.now(UTC)  # noqa: TID251 — compared with what dsar noted
        opened = await asyncio.gather(*(person.invokes("erasure") for person in people))
        closed = await closings.of([case["id"] for case in opened])
        for name, seconds in spent(before, cpu_of(pids)).items():
            cpu[name] = cpu.get(name, 0.0) + seconds
    return [1000 * (at - began).total_seconds() for at in closed]
