"""A token and a voice, as the page needs them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

# The vendor's tokens live this long; used where a token does not say so itself.
TOKEN_LIFETIME = timedelta(minutes=10)
LOCALES = frozenset({"sv-SE", "nb-NO", "en-GB", "en-US"})


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token; who holds it may speak to the vendor until it expires."""

    value: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice that reads aloud."""

    name: str
    locale: str
    gender: str
    display_name: str
