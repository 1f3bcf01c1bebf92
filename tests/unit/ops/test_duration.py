"""Durations as people type them."""

import argparse

import pytest

from ops.run.duration import duration_seconds

DAY = 86_400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("45", 45),
        ("45s", 45),
        ("90m", 5_400),
        ("36h", 129_600),
        ("31d", 31 * DAY),
        ("2w", 14 * DAY),
        ("1d12h", DAY + 43_200),
        ("-1d", -DAY),
        ("+0s", 0),
        ("P31D", 31 * DAY),
        ("PT36H", 129_600),
        ("-P1DT1M", -DAY - 60),
    ],
)
def test_reads(text: str, seconds: int) -> None:
    assert duration_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "-", "P", "PT", "P1M", "1y", "d", "12h1d", "1.5h", "99999999d"])
def test_refuses(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        duration_seconds(text)
