"""Whoever waits for as long as they are told may pass, and nobody gets more than the policy says."""

import json
from pathlib import Path

import pytest

from contracts.table import Limit
from services.gateway.adapters.limits import RateLimits, SlidingWindow

WINDOW_SECONDS = 2


class Clock:
    """The seconds that a test says."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def limits_of(directory: Path, clock: Clock, figures: str, replicas: int = 1) -> RateLimits:
    policy = directory / "limits.json"
    policy.write_text(json.dumps({limit.value: figures for limit in Limit}))
    return RateLimits(policy, replicas, clock)


def passed(limits: RateLimits, who: str, times: int) -> int:
    return sum(limits.spend(Limit.MAIL, who)[0] for _ in range(times))


@pytest.mark.parametrize("begun", [0.0, 0.6, 1.9])
def test_who_waits_as_told_is_not_refused_again(tmp_path: Path, begun: float) -> None:
    clock = Clock()
    limits = limits_of(tmp_path, clock, f"3/{WINDOW_SECONDS}second")
    clock.now += begun
    for _ in range(5):
        may_pass, status = limits.spend(Limit.MAIL, "somebody")
        while may_pass:
            may_pass, status = limits.spend(Limit.MAIL, "somebody")
        clock.now += status.reset_seconds
        assert limits.spend(Limit.MAIL, "somebody")[0]


def test_no_window_anywhere_holds_more_than_the_policy_by_much() -> None:
    """The approximation of a sliding window: at the edge of two windows, not twice the amount."""
    window = SlidingWindow(10, 60)
    before = sum(window.spend("somebody", 119.0)[0] for _ in range(50))
    after = sum(window.spend("somebody", 121.0)[0] for _ in range(50))
    assert (before, after) == (10, 0)
    assert window.spend("another", 121.0)[0]
    assert window.spend("somebody", 179.0)[0]
    assert window.spend("somebody", 60.0 * 100)[1] == 9, "what is long past is forgotten"


def test_several_replicas_allow_together_what_the_policy_says(tmp_path: Path) -> None:
    clock = Clock()
    replicas = [limits_of(tmp_path, clock, "80/minute", replicas=2) for _ in range(2)]
    assert sum(passed(limits, "somebody", 100) for limits in replicas) == 80


def test_more_replicas_than_the_amount_still_serve(tmp_path: Path) -> None:
    assert passed(limits_of(tmp_path, Clock(), "3/minute", replicas=10), "somebody", 5) == 1


def test_what_is_given_back_may_be_spent_again(tmp_path: Path) -> None:
    limits = limits_of(tmp_path, Clock(), "3/minute")
    for _ in range(10):
        assert limits.spend(Limit.MAIL, "somebody")[0]
        limits.give_back(Limit.MAIL, "somebody")
    assert passed(limits, "somebody", 5) == 3


def test_callers_without_number_do_not_take_memory_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.adapters.limits.KEYS_MAX", 3)
    window = SlidingWindow(2, 60)
    assert [window.spend(str(number), 1.0)[0] for number in range(6)] == [True] * 5 + [False]
    assert window.spend("0", 1.0)[0], "who is known is counted alone"
