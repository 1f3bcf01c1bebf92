"""What an erasure does next follows from what is recorded of it, and from nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.dsar.domain.deadline import LATE_AFTER
from services.dsar.domain.erasure import Progress, Step

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WAITING = frozenset({"auth", "consent", "dsar"})
RECIPIENTS = frozenset({"brevo"})
RECORDED = Progress(
    erasure_id="e", case_id="c", requested_at=NOW, holders_waiting=WAITING, recipients_waiting=RECIPIENTS
)
ASKED = replace(RECORDED, asked_at=NOW)
OTHERS_DONE = replace(ASKED, holders_waiting=frozenset({"dsar"}))
GOODBYE = replace(OTHERS_DONE, goodbye_at=NOW, letters_waiting=True)
TURN = replace(GOODBYE, turn_at=NOW, letters_waiting=False)
OWN_DONE = replace(TURN, holders_waiting=frozenset())
CERTIFIED = replace(OWN_DONE, certified_at=NOW)
ALL_DONE = replace(CERTIFIED, recipients_waiting=frozenset())
FORGOTTEN = replace(ALL_DONE, forgotten_at=NOW)


@pytest.mark.parametrize(
    ("progress", "step"),
    [
        (RECORDED, Step.BLOCK_AND_ASK),
        (ASKED, Step.WAIT),
        (OTHERS_DONE, Step.SAY_GOODBYE),
        (GOODBYE, Step.WAIT),
        (replace(GOODBYE, letters_waiting=False), Step.TAKE_TURN),
        (replace(GOODBYE, goodbye_at=NOW - timedelta(seconds=60)), Step.TAKE_TURN),
        (TURN, Step.WAIT),
        (OWN_DONE, Step.CERTIFY),
        (replace(OWN_DONE, recipients_waiting=frozenset()), Step.CERTIFY),
        (CERTIFIED, Step.WAIT),
        (ALL_DONE, Step.FORGET),
        (FORGOTTEN, Step.CLOSE),
    ],
)
def test_every_state_has_its_step(progress: Progress, step: Step) -> None:
    assert progress.next_step(NOW) is step


def test_our_own_part_never_goes_before_the_others() -> None:
    for missing in ("auth", "gateway", "textproxy"):
        progress = replace(ASKED, holders_waiting=frozenset({missing}), goodbye_at=NOW - timedelta(days=1))
        assert progress.next_step(NOW) is Step.WAIT


@pytest.mark.parametrize(
    ("age", "since_asked", "again"),
    [
        (timedelta(seconds=29), timedelta(seconds=29), False),
        (timedelta(seconds=30), timedelta(seconds=30), True),
        (timedelta(hours=1), timedelta(minutes=5), False),
        (timedelta(hours=1), timedelta(minutes=6), True),
        (timedelta(days=20), timedelta(minutes=59), False),
        (timedelta(days=20), timedelta(hours=1), True),
    ],
)
def test_holders_are_asked_again_less_and_less_often(age: timedelta, since_asked: timedelta, again: bool) -> None:
    progress = replace(ASKED, requested_at=NOW - age, asked_at=NOW - since_asked)
    assert progress.must_ask_again(NOW) is again


def test_nobody_is_asked_again_once_all_have_answered() -> None:
    assert not replace(ALL_DONE, asked_at=NOW - timedelta(days=9)).must_ask_again(NOW)


def test_the_alarm_is_raised_once_after_three_days() -> None:
    late = NOW + LATE_AFTER + timedelta(seconds=1)
    assert not ASKED.is_late(NOW + LATE_AFTER, LATE_AFTER)
    assert ASKED.is_late(late, LATE_AFTER)
    assert not replace(ASKED, late_at=NOW).is_late(late, LATE_AFTER)
    assert not ALL_DONE.is_late(late, LATE_AFTER)


def test_our_own_delivery_is_repeated_unless_it_is_surely_still_there() -> None:
    just_now, started = NOW + timedelta(seconds=1), NOW - timedelta(hours=1)
    assert not ASKED.turn_needs_asking(just_now, started)
    assert ASKED.turn_needs_asking(NOW + timedelta(seconds=4), started)
    assert ASKED.turn_needs_asking(just_now, running_since=just_now)
