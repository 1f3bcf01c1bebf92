"""Durations as ISO 8601 writes them (`P30D`, `PT36H`, `PT90S`), written and read in this one place."""

from datetime import timedelta
from typing import Literal

from pydantic import TypeAdapter, ValidationError

Unit = Literal["days", "hours", "minutes", "seconds"]

UNIT_SECONDS: dict[Unit, int] = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
LETTERS: dict[Unit, str] = {"days": "P{}D", "hours": "PT{}H", "seconds": "PT{}S"}
NOT_FIXED = frozenset("YM")  # before the T: years and months, whose length nobody knows

_TIMEDELTA = TypeAdapter(timedelta)


def iso8601_duration(period: timedelta) -> str:
    """A period in whole days, else whole hours, else seconds; fractions of a second are left out."""
    seconds = int(period.total_seconds())
    unit: Unit = next(unit for unit in LETTERS if seconds % UNIT_SECONDS[unit] == 0)
    return LETTERS[unit].format(seconds // UNIT_SECONDS[unit])


def read_duration(text: str) -> timedelta:
    """The period that a text in ISO 8601 stands for.

    Raises:
        ValueError: no duration, or one in years or months, which are no fixed time.
    """
    if not text.lstrip("+-").startswith("P") or NOT_FIXED & set(text.partition("T")[0]):
        raise ValueError("no duration of ISO 8601 of a fixed length")
    try:
        return _TIMEDELTA.validate_python(text)
    except ValidationError:
        raise ValueError("no duration of ISO 8601") from None


def in_largest_unit(period: timedelta) -> tuple[int, Unit]:
    """How people count a period: the largest unit of which it is a whole number; seconds are rounded down."""
    seconds = int(period.total_seconds())
    unit: Unit = next(unit for unit in UNIT_SECONDS if seconds % UNIT_SECONDS[unit] == 0)
    return seconds // UNIT_SECONDS[unit], unit
