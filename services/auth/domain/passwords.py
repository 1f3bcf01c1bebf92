"""Which passwords are refused: too short or long, widely known, predictable, or the person's own name or address.

No rule asks for digits or signs, and nothing is cut off (NIST SP 800-63B).
"""

import unicodedata
from itertools import pairwise

LENGTH_MIN, LENGTH_MAX = 15, 128
REPEATED_UNIT_MAX = 4
RUN_MIN = 4

_ROWS = (
    "1234567890",
    "qwertyuiopå",
    "asdfghjklöä",
    "asdfghjkløæ",
    "zxcvbnm",
    "abcdefghijklmnopqrstuvwxyzåäö",
    "abcdefghijklmnopqrstuvwxyzæøå",
    *("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm"),
)
_NEIGHBOURS = frozenset(pair for row in _ROWS for pair in (*pairwise(row), *pairwise(reversed(row))))


def normalised(password: str) -> str:
    """One form for what looks the same: NFC."""
    return unicodedata.normalize("NFC", password)


def weakness(password: str, *, name: str, email: str, common: frozenset[str]) -> str | None:
    """Why a normalised password is refused, as a code; None if it is not."""
    if len(password) < LENGTH_MIN:
        return "password-too-short"
    if len(password) > LENGTH_MAX:
        return "password-too-long"
    folded = password.casefold()
    if _squeezed(folded) in {_squeezed(own) for own in (name, email, email.partition("@")[0])}:
        return "password-personal"
    if folded in common or is_repetition(folded) or is_walk(folded):
        return "password-common"
    return None


def is_repetition(password: str) -> bool:
    """Whether it is one short unit over and over."""
    return any(
        password == (password[:length] * len(password))[: len(password)] for length in range(1, REPEATED_UNIT_MAX + 1)
    )


def is_walk(password: str) -> bool:
    """Whether it consists of runs along the keyboard, the alphabet or the digits only."""
    run = 1
    for pair in pairwise(password):
        if pair in _NEIGHBOURS:
            run += 1
        elif run < RUN_MIN:
            return False
        else:
            run = 1
    return run >= RUN_MIN


def _squeezed(text: str) -> str:
    return "".join(normalised(text).casefold().split())
