"""Which passwords are refused, and which are not."""

import pytest

from contracts.auth import Register
from services.auth.domain.passwords import normalised, weakness
from tests.unit.auth.conftest import COMMON, EMAIL


def judged(password: str, name: str = "Anna Alm", email: str = EMAIL) -> str | None:
    return weakness(normalised(password), name=name, email=email, common=COMMON)


@pytest.mark.parametrize(
    "password",
    [
        "sju små grodor hoppar",
        "Zq3vT8mL0xKw9Rb",
        "пароль из русских слов",
        "🐸 groda på en sten 🐸",
        "a" * 100 + " lång men inte enahanda",
        "qwerty is where it starts",
        "1234 grodor i en damm",
        "x" * 15,
        "x" * 128,
        "abcabcabcabcabca",
        "anna.almqvist.skola",
        "Anna Alm Anna Alm",
    ],
)
def test_a_password_of_15_to_128_characters_is_accepted(password: str) -> None:
    assert judged(password) is None


@pytest.mark.parametrize(("length", "code"), [(14, "password-too-short"), (129, "password-too-long")])
def test_length_has_two_ends(length: int, code: str) -> None:
    assert judged(("grodor i en damm " * 10)[:length]) == code


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("a\u030a" * 7 + "bcdefgh", "password-too-short"),
        ("e\u0301" * 70, None),
        ("\ufb03" * 5, None),
        ("\ufdfa" * 8, "password-too-long"),
    ],
    ids=["combined", "140 code points of 70 letters", "ligatures of three letters", "ligatures of eighteen"],
)
def test_length_counts_characters_after_normalisation(password: str, code: str | None) -> None:
    assert judged(password) == code


def test_the_contract_leaves_the_length_to_who_normalises() -> None:
    password = "e\u0301" * 70
    assert Register(email=EMAIL, password=password, name="Anna Alm").password == password


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("\uff47\uff52\uff4f\uff44\uff4f\uff52 i en damm", "grodor i en damm"),
        ("grodor\u00a0i en damm", "grodor i en damm"),
        ("\ufb01n groda på en sten", "fin groda på en sten"),
        ("A\u030asa och A\u030ake går", "Åsa och Åke går"),
    ],
    ids=["full width", "hard space", "ligature", "combined"],
)
def test_a_password_is_the_same_on_every_keyboard(typed: str, plain: str) -> None:
    assert normalised(typed) == plain


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "PasswordPassword",
        "lösenordlösenord",
        "Password123456789",
        "correcthorsebatterystaple",
        "123456789012345",
        "qwertyuiopasdfgh",
        "zxcvbnmasdfghjkl",
        "abcdefghijklmnopq",
        "987654321987654321",
        "1qaz2wsx3edc4rfv",
    ],
)
def test_widely_known_ones_are_refused(password: str) -> None:
    assert judged(password) == "password-common"


@pytest.mark.parametrize(
    "password",
    ["Anna Margareta Almqvist", "annamargaretaalmqvist", "Anna.Almqvist@Skola.Example"],
)
def test_name_and_address_are_refused(password: str) -> None:
    judgement = judged(password, name="Anna Margareta Almqvist", email="anna.almqvist@skola.example")
    assert judgement == "password-personal"


def test_the_list_of_common_passwords_is_long_and_holds_only_what_is_long_enough() -> None:
    assert len(COMMON) >= 3000
    assert min(len(one) for one in COMMON) >= 15
