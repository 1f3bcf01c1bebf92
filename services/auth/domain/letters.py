"""What is written to people, in their language: the link first, then why they get it.

A name that somebody typed in could carry an advertisement to a stranger's mailbox; so letters hold none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kernel.letters import as_page, as_text


class Occasion(StrEnum):
    """Why a letter is written."""

    CONFIRM_ADDRESS = "confirm-address"
    KNOWN_ADDRESS = "known-address"
    RESET_PASSWORD = "reset-password"  # noqa: S105 — an occasion, not a password
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 — likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A letter, ready to send."""

    to: str
    subject: str
    text: str
    html: str
    language: str


_PATHS = {
    Occasion.CONFIRM_ADDRESS: "/verify-email#token={secret}",
    Occasion.KNOWN_ADDRESS: "/login",
    Occasion.RESET_PASSWORD: "/password/reset#token={secret}",
    Occasion.PASSWORD_CHANGED: "/password/forgot",
}
Words = Mapping[Occasion, Mapping[str, tuple[str, str]]]
"""Subject and text, by occasion and language."""


class LetterTemplates:
    """Writes letters whose links lead to this installation."""

    def __init__(self, words: Words, public_url: str) -> None:
        self._words = words
        self._public_url = public_url.rstrip("/")

    def write(self, occasion: Occasion, *, to: str, language: str, secret: str = "") -> Notice:
        """Write the letter for an occasion; a secret goes into its link as a fragment, which no server or log sees."""
        subject, text = self._words[occasion][language]
        link = self._public_url + _PATHS[occasion].format(secret=secret)
        return Notice(
            to=to,
            subject=subject,
            text=as_text(language, link, text),
            html=as_page(language, link, text),
            language=language,
        )
