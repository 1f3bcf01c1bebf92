"""What a command does next follows from what is recorded of it, and from nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contracts.fulfilment import CommandKind
from services.dsar.domain.attempts import POISONED_AFTER, QUARANTINE_RETRY, RETRY_MAX, after_failure
from services.dsar.domain.command import LETTER_WAITS, Progress, Step
from services.dsar.domain.deadline import LATE_AFTER

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ISSUED = Progress(
    command_id="e",
    case_id="c",
    kind=CommandKind.ERASE,
    requested_at=NOW,
    holders_waiting=frozenset({"auth", "consent", "dsar"}),
    recipients_waiting=frozenset({"brevo"}),
)
TOLD = replace(ISSUED, told_at=NOW)
OTHERS_DONE = replace(TOLD, holders_waiting=frozenset({"dsar"}))
LETTER = replace(OTHERS_DONE, letter_at=NOW, letters_waiting=True)
LETTER_GONE = replace(LETTER, letters_waiting=False)
OWN_DONE = replace(LETTER_GONE, holders_waiting=frozenset())
COMPLETED = replace(OWN_DONE, completed_at=NOW)
ALL_DONE = replace(COMPLETED, recipients_waiting=frozenset())
FORGOTTEN = replace(ALL_DONE, forgotten_at=NOW)


@pytest.mark.parametrize(
    ("progress", "step"),
    [
        (ISSUED, Step.TELL),
        (TOLD, Step.WAIT),
        (replace(TOLD, holders_waiting=frozenset({"gateway", "dsar"}), letter_at=NOW), Step.WAIT),
        (OTHERS_DONE, Step.WRITE_LETTER),
        (LETTER, Step.WAIT),
        (LETTER_GONE, Step.OWN_PART),
        (replace(LETTER, letter_at=NOW - LETTER_WAITS), Step.OWN_PART),
        (OWN_DONE, Step.COMPLETE),
        (replace(OWN_DONE, recipients_waiting=frozenset()), Step.COMPLETE),
        (COMPLETED, Step.WAIT),
        (ALL_DONE, Step.FORGET),
        (FORGOTTEN, Step.CLOSE),
    ],
)
def test_every_state_of_an_erasure_has_its_step(progress: Progress, step: Step) -> None:
    assert progress.next_step(NOW) is step


@pytest.mark.parametrize("kind", [kind for kind in CommandKind if kind is not CommandKind.ERASE])
def test_only_an_erasure_writes_a_last_letter(kind: CommandKind) -> None:
    assert replace(OTHERS_DONE, kind=kind).next_step(NOW) is Step.OWN_PART


def test_a_letter_is_waited_for_until_it_has_gone_and_no_longer_than_a_minute() -> None:
    assert LETTER.next_look(NOW) == NOW + LETTER_WAITS
    assert LETTER_GONE.next_look(NOW) == NOW + LATE_AFTER


def test_somebody_is_alarmed_once_a_day_while_a_holder_is_late() -> None:
    assert TOLD.next_look(NOW) == NOW + LATE_AFTER
    late = replace(COMPLETED, requested_at=NOW - LATE_AFTER)
    assert late.next_step(NOW) is Step.ALARM
    alarmed = replace(late, late_at=NOW)
    assert alarmed.next_step(NOW) is Step.WAIT
    assert alarmed.next_look(NOW) == NOW + timedelta(days=1)
    assert alarmed.next_step(NOW + timedelta(days=1)) is Step.ALARM


def test_a_late_command_that_can_go_on_goes_on() -> None:
    assert replace(ALL_DONE, requested_at=NOW - LATE_AFTER).next_step(NOW) is Step.FORGET


def test_waiting_for_somebody_never_ends_in_quarantine_and_poison_does() -> None:
    pauses = [after_failure(failures, NOW, is_poison=False)[0] - NOW for failures in range(1, 40)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(seconds=1), RETRY_MAX)
    assert not after_failure(1000, NOW, is_poison=False)[1]
    assert not after_failure(POISONED_AFTER - 1, NOW, is_poison=True)[1]
    assert after_failure(POISONED_AFTER, NOW, is_poison=True) == (NOW + QUARANTINE_RETRY, True)
