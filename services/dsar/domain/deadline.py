"""Deadlines of Art. 12(3): one calendar month, which is not thirty days."""

import calendar
from datetime import datetime, timedelta

# An erasure that some holder has not proved by then needs a person, long before the legal deadline.
LATE_AFTER = timedelta(hours=72)
PACKAGE_KEPT = timedelta(days=7)


def one_month_after(received_at: datetime) -> datetime:
    """The same day and time of the next month; its last day where that month is shorter."""
    year, month = divmod(received_at.year * 12 + received_at.month, 12)
    day = min(received_at.day, calendar.monthrange(year, month + 1)[1])
    return received_at.replace(year=year, month=month + 1, day=day)
