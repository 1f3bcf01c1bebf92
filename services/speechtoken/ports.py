"""What the use cases need from outside."""

from typing import Protocol

from services.speechtoken.domain import Token, Voice


class TokenVendor(Protocol):
    """Who issues tokens."""

    async def issue(self) -> Token:
        """A fresh token.

        Raises:
            Refusal: the vendor refused, was busy, or silent.
        """


class VoiceVendor(Protocol):
    """Who has voices."""

    async def voices(self) -> list[Voice]:
        """Every voice that the vendor offers.

        Raises:
            Refusal: the vendor refused or was silent.
        """


class Quota(Protocol):
    """How many tokens are left today."""

    async def spend(self, quota_key: str | None, tier: str | None, tool: str) -> None:
        """Count one use.

        Raises:
            Refusal: there is none left.
        """
