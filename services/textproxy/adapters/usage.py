"""Tells the anonymous counters, about once a second: a signal per use would tell the bus when somebody wrote."""

import asyncio
from collections import Counter

from chassis.bus import Bus
from chassis.telemetry import Log
from contracts.errors import Refusal
from contracts.text import USAGE_COUNTED, UsageCounted

TOLD_EVERY_SECONDS = 1.0

log = Log("usage")


class SignalledUsage:
    """Sums uses by tool and outcome. What nobody can hear is lost, and nobody's text is refused for it."""

    def __init__(self, bus: Bus, every_seconds: float = TOLD_EVERY_SECONDS) -> None:
        self._bus = bus
        self._every_seconds = every_seconds
        self._uses: Counter[tuple[str, str]] = Counter()
        self._tokens: Counter[tuple[str, str]] = Counter()
        self._telling: asyncio.Task[None] | None = None

    def count(self, tool: str, outcome: str, tokens: int) -> None:
        """Count one use, to be told with others. Tools and outcomes come from lists, so the sums stay few."""
        self._uses[tool, outcome] += 1
        self._tokens[tool, outcome] += tokens
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell_later())

    async def close(self) -> None:
        """Tell what was counted last."""
        if self._telling is not None:
            self._telling.cancel()
        await self._tell()

    async def _tell_later(self) -> None:
        await asyncio.sleep(self._every_seconds)
        self._telling = None
        await self._tell()

    async def _tell(self) -> None:
        uses, tokens = self._uses, self._tokens
        self._uses, self._tokens = Counter(), Counter()
        for (tool, outcome), times in uses.items():
            told = UsageCounted(tool=tool, outcome=outcome, uses=times, tokens=tokens[tool, outcome])
            try:
                await self._bus.signal(USAGE_COUNTED, told)
            except Refusal as refusal:
                log.warning("uses not counted", kind=refusal.kind.value, count=times)
