"""One month is a calendar month."""

from datetime import UTC, datetime

import pytest

from services.dsar.domain.deadline import one_month_after


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ((2026, 11, 22), (2026, 12, 22)),
        ((2026, 12, 31), (2027, 1, 31)),
        ((2026, 12, 1), (2027, 1, 1)),
        ((2027, 1, 28), (2027, 2, 28)),
        ((2027, 1, 29), (2027, 2, 28)),
        ((2027, 1, 31), (2027, 2, 28)),
        ((2028, 1, 31), (2028, 2, 29)),
        ((2027, 2, 28), (2027, 3, 28)),
        ((2027, 3, 31), (2027, 4, 30)),
        ((2027, 4, 30), (2027, 5, 30)),
        ((2027, 10, 31), (2027, 11, 30)),
    ],
)
def test_a_month_ends_on_the_same_day_or_the_last(received: tuple[int, int, int], due: tuple[int, int, int]) -> None:
    assert one_month_after(datetime(*received, 14, 30, tzinfo=UTC)) == datetime(*due, 14, 30, tzinfo=UTC)
