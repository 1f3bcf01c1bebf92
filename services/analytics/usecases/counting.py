"""Uses of the tools, counted without anybody."""

from datetime import datetime

from services.analytics.domain.counters import WINDOW, UsageCounter, window_of
from services.analytics.ports import Clock, UsageCounts


class Counting:
    """Sums in memory; only what cannot point at anybody is written down."""

    def __init__(self, counts: UsageCounts, clock: Clock) -> None:
        self._counter = UsageCounter()
        self._counts = counts
        self._clock = clock

    def count(self, tool: str, outcome: str, uses: int) -> None:
        """Uses of one tool that ended alike."""
        self._counter.add(tool, outcome, uses, self._clock.now())

    async def write_finished(self) -> datetime:
        """Write down the windows that are over; returns when the present one will be."""
        now = self._clock.now()
        finished = self._counter.finished(now)
        if finished:
            await self._counts.write(finished)
        self._counter.forget_finished(now)
        return window_of(now) + WINDOW
