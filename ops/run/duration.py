"""Durations as people type them: `45s`, `90m`, `36h`, `31d`, `-1d12h`, or ISO 8601's `P31D`, `PT36H`."""

import argparse
import re

UNIT_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
DAYS = r"(?:(?P<w>\d+)w)?(?:(?P<d>\d+)d)?"
TIME = r"(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s?)?"
SHORT = re.compile(rf"(?P<sign>[+-]?){DAYS}{TIME}")
ISO = re.compile(rf"(?P<sign>[+-]?)p{DAYS}(?:t{TIME})?")
SECONDS_MAX = 100 * 366 * 86_400


def duration_seconds(text: str) -> int:
    wanted = text.strip().lower()
    found = SHORT.fullmatch(wanted) or ISO.fullmatch(wanted)
    parts = {unit: found[unit] for unit in UNIT_SECONDS if found[unit]} if found else {}
    seconds = sum(UNIT_SECONDS[unit] * int(number) for unit, number in parts.items())
    if not found or not parts or seconds > SECONDS_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration such as 31d, 36h, 90m or -1d12h")
    return -seconds if found["sign"] == "-" else seconds
