"""What is written to readers, in their language: the link first, then why they get it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kernel.letters import as_page, as_text


class Occasion(StrEnum):
    """Why a letter is written."""

    CONFIRM = "confirm"
    ALREADY_SUBSCRIBED = "already-subscribed"
    WELCOME = "welcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter as it is sent, in one language, as text and as a page; `headers` are additional ones (RFC 8058)."""

    to: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)


Texts = Mapping[Occasion, Mapping[str, tuple[str, str]]]
"""Subject and text, by occasion and language."""


class LetterTemplates:
    """Writes letters whose links lead to this installation."""

    def __init__(self, texts: Texts, public_url: str) -> None:
        self._texts = texts
        self._public_url = public_url.rstrip("/")

    def ask_to_confirm(self, to: str, language: str, token: str) -> Letter:
        """The letter whose link proves that the address is the person's."""
        return self._write(Occasion.CONFIRM, to, language, "/newsletter/confirm", token, {})

    def of_newsletter(self, occasion: Occasion, to: str, language: str, token: str) -> Letter:
        """A letter of the newsletter itself: its link ends the subscription, and so does one click (RFC 8058)."""
        headers = {
            "List-Unsubscribe": f"<{self._public_url}/newsletter/unsubscribe/{token}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        return self._write(occasion, to, language, "/newsletter/unsubscribe", token, headers)

    def _write(
        self, occasion: Occasion, to: str, language: str, path: str, token: str, headers: Mapping[str, str]
    ) -> Letter:
        subject, text = self._texts[occasion][language]
        # The secret stands in the fragment, where no server and no log sees it.
        link = f"{self._public_url}{path}#token={token}"
        return Letter(
            to=to,
            subject=subject,
            text=as_text(language, link, text),
            html=as_page(language, link, text),
            headers={"Content-Language": language, **headers},
        )
