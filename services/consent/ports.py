"""What the use cases need from the world."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from services.consent.domain import ActiveConsent, Change, Record, Shown

Decide = Callable[[Sequence[ActiveConsent]], Change]
DecideOn = Callable[[Record, Sequence[ActiveConsent]], Change]
"""Pure functions of what is stored: the unit of work that calls one may run twice."""


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Aware, in UTC."""


class Consents(Protocol):
    """Append-only records, and what is consented to now. Each method is one unit of work."""

    async def active_consents(self, account_id: str | None, visitor_id: str | None) -> Sequence[ActiveConsent]:
        """What an account, a browser, or both have consented to."""

    async def state(
        self, account_id: str | None, visitor_id: str | None
    ) -> tuple[Sequence[ActiveConsent], Record | None]:
        """The active consents of an account, a browser, or both, and their newest record."""

    async def change(self, account_id: str | None, visitor_id: str | None, decide: Decide) -> Change:
        """Read what is active, decide, append the records and change what is active.

        Raises:
            Refusal: `unauthenticated`, since the account has been erased; or what `decide` raises. Then nothing has
                been changed.
        """

    async def change_resting_on(self, record_id: str, decide: DecideOn) -> Change | None:
        """As `change`, for the account that gave a consent; None, and no change, if that consent is not active."""

    async def history(self, account_id: str | None, visitor_id: str | None, records_max: int) -> Sequence[Record]:
        """The newest records of an account, a browser, or both, newest first."""

    async def account_record(self, record_id: str) -> tuple[Record, bool] | None:
        """One record of an account, and whether it is an active consent; None if erased, or a browser's."""


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
