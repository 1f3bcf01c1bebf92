"""An emulator's time: the wall clock plus an offset that tests move."""

import time
from datetime import UTC, datetime


class Clock:
    def __init__(self) -> None:
        self._first_offset_seconds = self.offset_seconds = 0.0

    def start_at(self, offset_seconds: float) -> None:
        """The time that the emulator lives in from its start, and again after a reset."""
        self._first_offset_seconds = self.offset_seconds = offset_seconds

    def reset(self) -> None:
        self.offset_seconds = self._first_offset_seconds

    def seconds(self) -> float:
        return time.time() + self.offset_seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), UTC)


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def wall_stamp() -> str:
    """Evidence carries the unmoved time, so that it compares with the observer's own."""
    return stamp(datetime.fromtimestamp(time.time(), UTC))
