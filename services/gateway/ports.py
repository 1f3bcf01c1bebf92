"""What the gateway's rules need from outside."""

from typing import Protocol

from contracts.auth import Session
from contracts.consent import Purpose


class Sessions(Protocol):
    """Who is behind a session cookie."""

    async def of(self, cookie: str) -> Session | None:
        """The live session, or none."""


class Consents(Protocol):
    """Which purposes are consented to now."""

    async def granted(self, account_id: str | None, visitor_id: str | None) -> frozenset[Purpose]:
        """The purposes of an account and of a browser together."""


class Pseudonyms(Protocol):
    """The keyed hashes of the day."""

    def of_address(self, network: str) -> str:
        """For limits; never stored."""

    def of_account(self, account_id: str) -> str:
        """For quotas in other services."""
