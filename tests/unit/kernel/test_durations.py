"""Durations of ISO 8601: one writer, one reader."""

from datetime import timedelta

import pytest

from kernel.durations import in_largest_unit, iso8601_duration, read_duration


@pytest.mark.parametrize(
    ("period", "written"),
    [
        (timedelta(days=30), "P30D"),
        (timedelta(days=400), "P400D"),
        (timedelta(hours=36), "PT36H"),
        (timedelta(minutes=90), "PT5400S"),
        (timedelta(seconds=90), "PT90S"),
        (timedelta(0), "P0D"),
    ],
)
def test_what_is_written_is_read_again(period: timedelta, written: str) -> None:
    assert iso8601_duration(period) == written
    assert read_duration(written) == period


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("P1DT12H", timedelta(days=1, hours=12)),
        ("PT1H30M", timedelta(minutes=90)),
        ("P2W", timedelta(weeks=2)),
        ("-P1D", timedelta(days=-1)),
    ],
)
def test_other_spellings_of_the_standard_are_read_as_well(text: str, period: timedelta) -> None:
    assert read_duration(text) == period


@pytest.mark.parametrize("text", ["", "P", "PT", "P1Y", "P1M", "1 day", "12:30", "30", "p30d", "P1D and more", "PT1"])
def test_what_is_none_or_of_no_fixed_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        read_duration(text)


@pytest.mark.parametrize(
    ("period", "counted"),
    [
        (timedelta(days=2), (2, "days")),
        (timedelta(hours=36), (36, "hours")),
        (timedelta(minutes=90), (90, "minutes")),
        (timedelta(seconds=90.7), (90, "seconds")),
        (timedelta(0), (0, "days")),
    ],
)
def test_people_count_in_the_largest_unit(period: timedelta, counted: tuple[int, str]) -> None:
    assert in_largest_unit(period) == counted
