"""What the use cases need of the world."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from contracts.dsar import Claim
from contracts.holder import ExportedStore, ExportPage
from services.dsar.domain.case import CaseView, ErasureRecord, Letter, NewCase, NewErasure, Subject
from services.dsar.domain.erasure import Progress


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows of one store of a service; a piece without a store says that the service begins."""

    service: str
    store: ExportedStore | None = None


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Aware, UTC."""
        ...


class Requests(Protocol):
    """The cases."""

    async def record(self, case: NewCase, letters: Sequence[Letter]) -> None:
        """Record a case and queue its letters, in one transaction."""
        ...

    async def record_erasure(self, case: NewCase, erasure: NewErasure, letters: Sequence[Letter]) -> bool:
        """Record case, ledger entry, expected receipts, locators and letters in one transaction.

        False, and nothing recorded, if the account has an erasure already.
        """
        ...

    async def erasure_case_of(self, account_id: str) -> CaseView | None:
        """The case of the account's erasure, if it has one."""
        ...

    async def case(self, case_id: str) -> CaseView | None:
        """A case."""
        ...

    async def cases_of(self, account_id: str) -> list[CaseView]:
        """An account's cases, newest first."""
        ...

    async def to_gather(self) -> list[CaseView]:
        """The cases whose package has not been gathered yet, oldest first."""
        ...

    async def gathered(self, case_id: str, letters: Sequence[Letter]) -> None:
        """The package can be fetched from now on."""
        ...

    async def note_lookup(self, address_hash: str, letter: Letter) -> None:
        """Write to an address, unless it was written to today."""
        ...


class Erasures(Protocol):
    """The erasures that are under way; each step is one transaction, and is done once however often it is tried."""

    async def unfinished(self) -> list[Progress]:
        """How far each has come, oldest first."""
        ...

    async def progress(self, erasure_id: str) -> Progress | None:
        """How far one has come; none once it is closed."""
        ...

    async def locators(self, erasure_id: str) -> dict[str, list[str]]:
        """Whom it concerns."""
        ...

    async def ask_holders(self, erasure_id: str, *, again: bool) -> None:
        """Have every holder asked, through the outbox."""
        ...

    async def say_goodbye(self, erasure_id: str, case_id: str, secret: str) -> None:
        """Queue the last letter."""
        ...

    async def take_turn(self, erasure_id: str, *, ask_again: bool) -> None:
        """From now on our own part may go; holders are asked again if its first delivery may be gone."""
        ...

    async def certify(self, erasure_id: str, case_id: str) -> None:
        """Every holder of ours has proved it: the certificate exists."""
        ...

    async def forget(self, erasure_id: str) -> None:
        """Destroy the identifiers: nobody needs them any more."""
        ...

    async def close(self, erasure_id: str, case_id: str) -> None:
        """Close the case, once no byte of the identifiers is left in the database."""
        ...

    async def mark_late(self, erasure_id: str) -> None:
        """Note that somebody was alarmed."""
        ...

    async def claim(self, erasure_id: str, holder: str) -> Claim | None:
        """What a holder may know; none if nobody expects its receipt."""
        ...

    async def turn_has_come(self, erasure_id: str) -> bool:
        """Whether our own part may go."""
        ...

    async def record(self, erasure_id: str) -> ErasureRecord | None:
        """What its certificate is made of; none before it exists."""
        ...


class Receipts(Protocol):
    """The receipts of all erasures, and the log that they stand in."""

    async def store(self, erasure_id: str, holder: str, receipt: bytes, leaf: bytes) -> str:
        """Store a verified receipt and append it to the log: stored, duplicate or unexpected."""
        ...


class Turns(Protocol):
    """Deliveries to our own part that wait for their turn."""

    def come(self, erasure_id: str) -> None:
        """Its turn has come."""
        ...


class Accounts(Protocol):
    """The account service and the keeper of quota keys."""

    async def subject(self, account_id: str) -> Subject:
        """What a person is known by."""
        ...

    async def block(self, account_id: str) -> None:
        """Revoke the sessions and refuse new ones; repeating it changes nothing."""
        ...


class Holders(Protocol):
    """Every service that holds personal data."""

    async def page(self, service: str, locators: dict[str, list[str]], cursor: str | None) -> ExportPage:
        """A page of a person's rows."""
        ...


class Documents(Protocol):
    """The forms in which people receive what is held about them, or what became of it."""

    def data(self, pieces: AsyncIterator[Piece], at: datetime) -> AsyncGenerator[bytes, None]:
        """One JSON document."""
        ...

    def package(self, pieces: AsyncIterator[Piece], at: datetime, language: str) -> AsyncGenerator[bytes, None]:
        """A zip with a readable page and the JSON document."""
        ...

    def page(self, pieces: AsyncIterator[Piece], at: datetime, language: str) -> AsyncGenerator[bytes, None]:
        """The readable page alone."""
        ...

    def certificate_page(self, certificate: dict[str, Any], language: str) -> bytes:
        """The readable form of a certificate."""
        ...
