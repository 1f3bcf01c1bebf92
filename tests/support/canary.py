"""Markers that occur nowhere else in the world, and the search for them in every form that a store might use."""

import base64
import secrets
from collections.abc import Iterable, Iterator

LETTERS = "abcdefghijkmnopqrstuvwxyz23456789"
LENGTH = 18


class Canary:
    """A word of letters and digits: UTF-8, Latin-1, JSON escapes and URL encoding all leave such a word as it is."""

    def __init__(self, word: str | None = None) -> None:
        self.word = word or "kv" + "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        plain = self.word.encode()
        # In lower case, since a tool may begin a sentence with the word and hex comes in both cases.
        self._folded = [form.lower() for form in (plain, *_wide(self.word), plain.hex().encode(), _escaped(self.word))]
        self._exact = list(_base64_forms(plain))

    def __str__(self) -> str:
        return self.word

    def is_in(self, data: bytes) -> bool:
        """Whether the word stands there in any form."""
        folded = data.lower()
        return any(form in folded for form in self._folded) or any(form in data for form in self._exact)


def canaries_in(data: bytes, canaries: Iterable[Canary]) -> list[str]:
    """Those that stand there."""
    return [str(canary) for canary in canaries if canary.is_in(data)]


def _wide(word: str) -> Iterator[bytes]:
    yield word.encode("utf-16-le")
    yield word.encode("utf-16-be")
    yield word.encode("utf-32-le")


def _escaped(word: str) -> bytes:
    """Every letter percent-encoded, as no sane program does."""
    return "".join(f"%{byte:02x}" for byte in word.encode()).encode()


def _base64_forms(plain: bytes) -> Iterator[bytes]:
    """What is left of the word in base64, wherever in the encoded bytes it begins."""
    for lead in range(3):
        encoded = base64.b64encode(b"\0" * lead + plain)
        first = -(-lead * 8 // 6)
        whole = encoded[first : (lead + len(plain)) * 8 // 6]
        yield whole
        yield whole.translate(bytes.maketrans(b"+/", b"-_"))
