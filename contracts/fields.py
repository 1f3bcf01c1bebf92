"""The fields that several owners share: addresses, passwords, secrets and opaque ids, each bounded."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

EMAIL_MAX = 254
SECRET_MAX = 200
IDEMPOTENCY_KEY_MAX = 255

# U+0000 cannot be stored in PostgreSQL's text (manual, 8.3), and a surrogate without its other half is no character
# (RFC 3629, section 3): UTF-8 has no bytes for it.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

MemberPath = tuple[str | int, ...]


def unstorable_members(content: object) -> Iterator[MemberPath]:
    """Find the texts of a JSON value, names of members included, that no database of ours could keep.

    Yields the path of each: member names and list indices, from the outermost inwards.
    """
    waiting: list[tuple[MemberPath, object]] = [((), content)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            if UNSTORABLE.search(value):
                yield path
        elif isinstance(value, list):
            waiting.extend(((*path, index), one) for index, one in enumerate(value))
        elif isinstance(value, dict):
            waiting.extend(((*path, name), one) for name, one in value.items())
            yield from ((*path, name) for name in value if UNSTORABLE.search(name))


# RFC 5322's dot-atom: what mail servers carry without extensions. The domain may hold letters of any language.
ADDRESS = (
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[^@\s\x00-\x1f<>]+\.[^@\s\x00-\x1f<>]+$"
)
DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def canonical_address(address: str) -> str:
    """One spelling per address, so that every service finds the same person by it and mail servers understand it.

    Raises:
        ValueError: the domain is none.
    """
    local, _, domain = unicodedata.normalize("NFC", address).lower().rpartition("@")
    name = domain if domain.isascii() else _ascii_name(domain)
    if not DOMAIN.fullmatch(name) or len(local) + len(name) >= EMAIL_MAX:
        raise ValueError("no address")
    return f"{local}@{name}"


def _ascii_name(domain: str) -> str:
    """The name that the domain has in the DNS; none where another domain would be meant (ß is not ss)."""
    try:
        name = domain.encode("idna")
        return name.decode() if name.decode("idna") == domain else ""
    except UnicodeError:
        return ""


Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=EMAIL_MAX, pattern=ADDRESS),
    AfterValidator(canonical_address),
]
AnyPassword = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Password = Annotated[AnyPassword, Field(description="15 to 128 characters, counted after NFKC normalisation")]
Secret = Annotated[str, StringConstraints(min_length=16, max_length=SECRET_MAX, pattern=r"^[A-Za-z0-9_-]+$")]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$"),
]
OpaqueId = Annotated[str, StringConstraints(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
