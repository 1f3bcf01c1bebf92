"""The clock."""

from datetime import UTC, timedelta

from chassis.clock import Clock


def test_time_is_aware_and_in_utc() -> None:
    assert Clock().now().tzinfo is UTC


def test_an_offset_moves_it() -> None:
    ahead = Clock(86400).now() - Clock().now()
    assert abs(ahead - timedelta(days=1)) < timedelta(seconds=1)


def test_milliseconds_are_those_of_the_same_time() -> None:
    clock = Clock(-3600)
    assert abs(clock.unix_milliseconds() - clock.now().timestamp() * 1000) < 1000
