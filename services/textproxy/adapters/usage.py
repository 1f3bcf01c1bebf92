"""Tells the anonymous counters."""

from chassis.bus import Bus
from chassis.telemetry import Log
from contracts.errors import Refusal
from contracts.text import USAGE_COUNTED, UsageCounted

log = Log("usage")


class SignalledUsage:
    """A signal per use; one that nobody can hear is lost, and nobody's text is refused for it."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def count(self, tool: str, outcome: str, tokens: int) -> None:
        """Tell of one use."""
        try:
            await self._bus.signal(USAGE_COUNTED, UsageCounted(tool=tool, outcome=outcome, tokens=tokens))
        except Refusal as refusal:
            log.warning("use not counted", kind=refusal.kind.value)
