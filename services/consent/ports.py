"""What the use cases need from the world."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from services.consent.domain import ActiveConsent, Change, Record, Shown

Decide = Callable[[Sequence[ActiveConsent]], Change]


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Aware, in UTC."""


class Consents(Protocol):
    """Append-only records, and what stands now."""

    async def active_consents(self, account_id: str | None, visitor_id: str | None) -> Sequence[ActiveConsent]:
        """What an account, a browser, or both have consented to."""

    async def change(self, account_id: str | None, visitor_id: str | None, decide: Decide) -> Change:
        """In one transaction: read what stands, decide, append the records, change what stands."""

    async def history(self, account_id: str | None, visitor_id: str | None, records_max: int) -> Sequence[Record]:
        """The newest records of an account, a browser, or both."""

    async def account_record(self, record_id: str) -> Record | None:
        """One record of an account; none if it was erased, or is a browser's."""


class Notices(Protocol):
    """The notice in force."""

    @property
    def version(self) -> str:
        """Its version."""

    @property
    def valid_versions(self) -> frozenset[str]:
        """The versions under which a consent still counts: nothing of substance has changed since."""

    def shown(self, language: str) -> Shown:
        """What a person saw."""


class Announcer(Protocol):
    """Tells whoever relies on a consent."""

    async def changed(self, account_id: str | None, visitor_ids: Sequence[str], withdrawn: Sequence[str]) -> None:
        """Somebody's consent changed; returns once every listener has been sent word."""
