"""What the gateway's rules need from outside."""

from collections.abc import Callable
from typing import Protocol

from contracts.auth import Session
from contracts.consent import Purpose


class Sessions(Protocol):
    """Who is behind a session cookie."""

    revocations: int
    """How often sessions were revoked: what was answered before the last one may not hold any more."""

    async def of(self, cookie: str, before_asking: Callable[[], None] | None = None) -> Session | None:
        """The live session, or none; `before_asking` is called where somebody must be asked, and may refuse."""


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
