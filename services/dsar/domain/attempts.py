"""When an item of a work list is tried again: each on its own clock, and the one that cannot be done is put aside."""

from dataclasses import dataclass
from datetime import datetime, timedelta

RETRY_FIRST = timedelta(seconds=1)
# A service tells when it is back; this is for when that is not heard.
RETRY_MAX = timedelta(minutes=1)
# What a bug of ours, or a page that cannot be read, is tried before it is put into quarantine, and how often there.
POISONED_AFTER = 5
QUARANTINE_RETRY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Due:
    """An item of a work list, and since when it is due."""

    key: str
    at: datetime


def after_failure(failures: int, now: datetime, *, is_poison: bool) -> tuple[datetime, bool]:
    """When an item is tried again after so many failures in a row, and whether it is in quarantine.

    Waiting for somebody who is away (`is_poison` false) never ends in quarantine. An item in quarantine is still tried
    once an hour: a right may not be given up, and a new version may mend it.
    """
    if is_poison and failures >= POISONED_AFTER:
        return now + QUARANTINE_RETRY, True
    return now + min(RETRY_FIRST * (1 << min(failures - 1, 12)), RETRY_MAX), False
