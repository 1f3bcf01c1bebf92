"""Durations as people type them: `45s`, `90m`, `36h`, `31d`, `-1d12h`, or ISO 8601's `P31D`, `PT36H`."""

import argparse
import re

from kernel.durations import read_duration

UNIT_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
SHORT = re.compile(r"(?P<sign>[+-]?)(?:(?P<w>\d+)w)?(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s?)?")
SECONDS_MAX = 100 * 366 * 86_400


def duration_seconds(text: str) -> int:
    """The seconds of a duration.

    Raises:
        argparse.ArgumentTypeError: none, or longer than a century.
    """
    wanted = text.strip().lower()
    try:
        seconds = _typed(wanted) if "p" not in wanted else int(read_duration(wanted.upper()).total_seconds())
    except ValueError:
        seconds = None
    if seconds is None or abs(seconds) > SECONDS_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration such as 31d, 36h, 90m or -1d12h")
    return seconds


def _typed(wanted: str) -> int | None:
    found = SHORT.fullmatch(wanted)
    parts = {unit: found[unit] for unit in UNIT_SECONDS if found[unit]} if found else {}
    if not found or not parts:
        return None
    seconds = sum(UNIT_SECONDS[unit] * int(number) for unit, number in parts.items())
    return -seconds if found["sign"] == "-" else seconds
