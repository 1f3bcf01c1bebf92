"""A clock that stands still until it is moved."""

from datetime import UTC, datetime, timedelta

from chassis.clock import Clock

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class FakeClock(Clock):
    def __init__(self, now: datetime = START) -> None:
        super().__init__()
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, period: timedelta) -> None:
        self._now += period
