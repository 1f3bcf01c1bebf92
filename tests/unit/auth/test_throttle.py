"""Guesses and letters are slowed down, and nobody is locked out."""

from datetime import timedelta

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


def test_memory_is_bounded_and_holds_no_address() -> None:
    tallies = Tallies(timedelta(hours=1))
    for number in range(KEYS_MAX + 10):
        tallies.add(f"{number}@skola.example", START)
    assert tallies.of("0@skola.example", START)[0] == 0
    assert tallies.of(f"{KEYS_MAX + 9}@skola.example", START)[0] == 1
    assert b"skola" not in b"".join(tallies._tallies)  # noqa: SLF001 — what is kept is the point
    assert len(tallies._tallies) == KEYS_MAX  # noqa: SLF001
