"""Guesses and letters are slowed down, and nobody is locked out."""

from datetime import timedelta

import pytest

from services.auth.domain.throttle import KEYS_MAX, Guesses, MailAllowance, Tallies
from tests.support.clock import START

WHO = "anna@skola.example"


def failed(times: int) -> Guesses:
    guesses = Guesses()
    for _ in range(times):
        guesses.failed(WHO, START)
    return guesses


def test_a_few_wrong_passwords_cost_no_wait() -> None:
    assert failed(9).wait_seconds(WHO, START) == 0


def test_the_wait_doubles_and_has_an_end() -> None:
    waits = [failed(times).wait_seconds(WHO, START) for times in (10, 11, 12, 14, 15, 100)]
    assert waits == [1, 2, 4, 16, 30, 30]


def test_the_wait_passes_by_itself() -> None:
    assert failed(100).wait_seconds(WHO, START + timedelta(seconds=30)) == 0


def test_the_right_password_ends_it() -> None:
    guesses = failed(50)
    guesses.succeeded(WHO)
    assert guesses.wait_seconds(WHO, START) == 0


def test_others_do_not_wait() -> None:
    assert failed(50).wait_seconds("berit@skola.example", START) == 0


def test_an_address_gets_five_letters_and_more_an_hour_later() -> None:
    mail = MailAllowance()
    taken = [mail.take(WHO, START) for _ in range(6)]
    assert taken == [True] * 5 + [False]
    assert mail.take(WHO, START + timedelta(hours=1, seconds=1))


@pytest.mark.parametrize("replicas", [1, 2, 3, 4, 5, 10])
def test_replicas_share_the_free_attempts_and_the_rate_of_the_others(replicas: int) -> None:
    guesses = Guesses(replicas)
    free = guesses.at_once(WHO, START)
    for _ in range(free + 10):
        guesses.failed(WHO, START)
    assert free * replicas <= Guesses.FREE
    assert guesses.wait_seconds(WHO, START) == Guesses.WAIT_MAX.total_seconds() * replicas


@pytest.mark.parametrize("replicas", [1, 2, 3, 5, 8, 40])
def test_replicas_share_the_letters(replicas: int) -> None:
    mail, hours = MailAllowance(replicas), max(1.0, replicas / MailAllowance.LETTERS_MAX)
    given = sum(mail.take(WHO, START) for _ in range(20))
    assert given * replicas <= MailAllowance.LETTERS_MAX * hours
    assert not mail.take(WHO, START + timedelta(hours=hours))
    assert mail.take(WHO, START + timedelta(hours=hours, seconds=1))


def test_a_letter_that_is_not_written_is_given_back() -> None:
    mail = MailAllowance()
    for _ in range(20):
        assert mail.take(WHO, START)
        mail.give_back(WHO)


def test_what_was_never_taken_cannot_be_given_back() -> None:
    mail = MailAllowance()
    for _ in range(3):
        mail.give_back(WHO)
    assert [mail.take(WHO, START) for _ in range(6)] == [True] * 5 + [False]


def test_memory_is_bounded_and_holds_no_address() -> None:
    tallies = Tallies(timedelta(hours=1))
    for number in range(KEYS_MAX + 10):
        tallies.add(f"{number}@skola.example", START)
    assert tallies.of("0@skola.example", START)[0] == 0
    assert tallies.of(f"{KEYS_MAX + 9}@skola.example", START)[0] == 1
    assert b"skola" not in b"".join(tallies._tallies)  # noqa: SLF001 — what is kept is the point
    assert len(tallies._tallies) == KEYS_MAX  # noqa: SLF001
