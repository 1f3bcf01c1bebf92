"""The value of the visitor's cookie: which choice was made, under which notice, on which day; written and read here."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import Self

from contracts.consent import COOKIE_PURPOSES, Purpose

_CHOICE = re.compile(
    r"notice:(?P<notice>\d{4}-\d{2}-\d{2})&on:(?P<on>\d{4}-\d{2}-\d{2})&accepted:(?P<accepted>[a-z.]*)"
    r"(?:&id:(?P<id>[A-Za-z0-9_-]{16,64}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorChoice:
    """What the visitor's cookie says: the choice, the notice it was made under, the day, and an id if need be.

    The id is random and there only if something was accepted; a refusal is the same for everybody who refused on
    that day. The cookie is what the browser says: whether a purpose is consented to, the server's record tells.
    """

    notice_version: str
    on: date
    accepted: AbstractSet[Purpose]
    visitor_id: str | None = None

    def __post_init__(self) -> None:
        if bool(self.accepted) != bool(self.visitor_id):
            raise ValueError("an id goes with an acceptance, and none with a refusal")

    @classmethod
    def parse(cls, value: str | None) -> Self | None:
        """Read a cookie's value; None for none and for one that is not ours."""
        found = _CHOICE.fullmatch(value or "")
        if found is None:
            return None
        try:
            return cls(
                notice_version=found["notice"],
                on=date.fromisoformat(found["on"]),
                accepted=frozenset(Purpose(word) for word in found["accepted"].split(".") if word) & COOKIE_PURPOSES,
                visitor_id=found["id"],
            )
        except ValueError:
            return None

    def render(self) -> str:
        """The cookie's value, readable by the person whose browser holds it."""
        accepted = ".".join(sorted(self.accepted))
        words = f"notice:{self.notice_version}&on:{self.on.isoformat()}&accepted:{accepted}"
        return f"{words}&id:{self.visitor_id}" if self.visitor_id else words
