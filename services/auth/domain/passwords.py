"""Which passwords are refused: too short or long, on the list of widely known ones, or the person's name or address.

No rule asks for digits or signs, and nothing is cut off (NIST SP 800-63B).
"""

import unicodedata

LENGTH_MIN, LENGTH_MAX = 15, 128


def normalised(password: str) -> str:
    """One form for what looks the same, on whichever keyboard it was typed: NFKC (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def weakness(password: str, *, name: str, email: str, common: frozenset[str]) -> str | None:
    """Why a normalised password is refused, as a code; None if it is not."""
    if len(password) < LENGTH_MIN:
        return "password-too-short"
    if len(password) > LENGTH_MAX:
        return "password-too-long"
    folded = password.casefold()
    if _squeezed(folded) in {_squeezed(name), _squeezed(email)}:
        return "password-personal"
    if folded in common:
        return "password-common"
    return None


def _squeezed(text: str) -> str:
    return "".join(normalised(text).casefold().split())
