"""The age of a request, whatever the caller's clock shows."""

import logging

import pytest

from chassis.bus.arrivals import SENDERS_MAX, SKEW_SECONDS, WINDOW_SECONDS, Arrivals

INBOX = "_INBOX.gateway.one.r.token"
LATENCY = 0.001


@pytest.mark.parametrize("skew", [0.0, 10.0, -10.0, 3600.0, -86400.0])
def test_a_callers_wrong_clock_makes_no_request_old(skew: float) -> None:
    arrivals = Arrivals()
    ages = [arrivals.age_seconds(INBOX, LATENCY + skew, second / 10) for second in range(1000)]
    assert max(ages) == 0


@pytest.mark.parametrize("skew", [0.0, 10.0, -10.0])
def test_a_request_that_waited_is_as_old_as_it_waited(skew: float) -> None:
    arrivals = Arrivals()
    arrivals.age_seconds(INBOX, LATENCY + skew, 0)
    assert arrivals.age_seconds(INBOX, 7 + LATENCY + skew, 1) == pytest.approx(7)


@pytest.mark.parametrize("jump", [10.0, -10.0])
def test_a_clock_that_jumps_is_believed_again_after_two_windows(jump: float) -> None:
    arrivals = Arrivals()
    for second in range(30):
        arrivals.age_seconds(INBOX, LATENCY, second)
    after = [arrivals.age_seconds(INBOX, LATENCY + jump, 30 + second) for second in range(int(WINDOW_SECONDS) * 3)]
    assert after[-1] == 0


def test_each_instance_has_a_clock_of_its_own() -> None:
    arrivals = Arrivals()
    arrivals.age_seconds(INBOX, LATENCY, 0)
    assert arrivals.age_seconds("_INBOX.gateway.two.r.token", 10, 0) == 0


def test_so_many_instances_are_remembered_and_no_more() -> None:
    arrivals = Arrivals()
    for number in range(SENDERS_MAX + 1):
        arrivals.age_seconds(f"_INBOX.gateway.{number}.r.token", 0, 0)
    assert arrivals.age_seconds("_INBOX.gateway.0.r.token", 5, 0) == 0
    assert arrivals.age_seconds(f"_INBOX.gateway.{SENDERS_MAX}.r.token", 5, 0) == pytest.approx(5)


def test_a_difference_of_clocks_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    arrivals = Arrivals()
    with caplog.at_level(logging.WARNING, "larabot"):
        for second in range(100):
            arrivals.age_seconds(INBOX, SKEW_SECONDS + 1, second)
    assert caplog.messages == ["clocks differ"]
    assert caplog.records[0].fields == {"service": "gateway", "seconds": SKEW_SECONDS + 1}  # type: ignore[attr-defined]
