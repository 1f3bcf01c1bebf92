"""Which passwords are refused, and which are not."""

import pytest

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


def test_length_counts_characters_after_normalisation() -> None:
    assert judged("a\u030a" * 7 + "bcdefgh") == "password-too-short"


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
