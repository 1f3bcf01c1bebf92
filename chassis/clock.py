"""The time: the one place that reads it, so that tests and emulated deadlines can move it."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Aware UTC time, moved by `offset_seconds` where a deadline is to be tried out."""

    def __init__(self, offset_seconds: float = 0.0) -> None:
        self._offset = timedelta(seconds=offset_seconds)

    def now(self) -> datetime:
        """The present time, aware, in UTC."""
        return datetime.now(UTC) + self._offset  # noqa: TID251 — this is the one allowed caller

    def unix_milliseconds(self) -> int:
        """The present time as milliseconds since 1970."""
        return int(self.now().timestamp() * 1000)


def seconds_to_midnight(now: datetime) -> int:
    """Until the next day (UTC) begins; at least one."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return max(1, int((midnight + timedelta(days=1) - now).total_seconds()))
