"""The ports of the use cases: interfaces that the adapters implement, and the fakes of the unit tests."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from contracts.dsar import Claim
from contracts.holder import ExportedStore, ExportPage
from kernel.erasure_receipt import Coverage
from kernel.key_history import Announcement
from kernel.log_head import Head
from services.dsar.domain.attempts import Due
from services.dsar.domain.case import CaseView, ErasureRecord, Letter, NewCase, NewErasure, Subject
from services.dsar.domain.erasure import Progress
from services.dsar.domain.log_proofs import LogEvidence


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows of one store of a service; a piece without a store says that the service begins."""

    service: str
    store: ExportedStore | None = None


class Clock(Protocol):
    """Tells the time; a fake one is moved by tests."""

    def now(self) -> datetime:
        """Aware, UTC."""
        ...


class WorkItems(Protocol):
    """Items that are to be worked on, each on its own clock."""

    async def due(self, most: int) -> tuple[list[Due], datetime | None]:
        """At most so many items whose time has come, the longest overdue first; and when the earliest of all is due."""
        ...

    async def fail(self, due: Due, *, is_poison: bool) -> bool:
        """Note a failed attempt: the item backs off alone. Whether it has just been put into quarantine."""
        ...


class Requests(WorkItems, Protocol):
    """The cases; as work items, those whose package is to be gathered."""

    async def record(self, case: NewCase, letters: Sequence[Letter], idempotency_key: str | None) -> str:
        """Record a case and queue its letters, in one unit of work; the id of the case that the key stands for.

        That is the given case, or the one that the account opened before with the same key; then nothing is recorded.
        """
        ...

    async def record_erasure(self, case: NewCase, erasure: NewErasure, letters: Sequence[Letter]) -> bool:
        """Record case, ledger entry, expected receipts, locators and letters in one transaction.

        False, and nothing recorded, if the account has an erasure already.
        """
        ...

    async def opened_by(self, account_id: str, idempotency_key: str) -> CaseView | None:
        """The case that an earlier request of the account with this key opened."""
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

    async def gathered(self, case_id: str, letters: Sequence[Letter]) -> None:
        """The package can be fetched from now on."""
        ...

    async def note_lookup(self, address_hash: str, letter: Letter) -> None:
        """Write to an address, unless it was written to today."""
        ...


class Erasures(WorkItems, Protocol):
    """The erasures that are under way; each step is one transaction, and is done once however often it is tried."""

    async def postpone(self, due: Due, until: datetime) -> None:
        """Look again at a time, unless something has happened to the erasure since it was due."""
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


class Stored(StrEnum):
    """What became of a receipt that was to be stored."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A receipt that is expected: what it must cover as the case froze it, and whether it is in already."""

    frozen: Coverage | None
    is_in: bool


class Receipts(Protocol):
    """The receipts of all erasures, and the receipt log that they stand in."""

    async def expected(self, erasure_id: str, holder: str) -> Expected | None:
        """What the receipt of a holder must cover; none if nobody expects one."""
        ...

    async def store(self, erasure_id: str, holder: str, receipt: bytes, leaf: bytes) -> Stored:
        """Store a checked receipt and append its leaf to the receipt log, in one unit of work, once."""
        ...

    async def refuse(self, erasure_id: str, holder: str, code: str) -> None:
        """Note that a receipt was not taken, so that the case shows it; nothing if one is in already."""
        ...


class ReceiptLog(Protocol):
    """The receipt log with the history of its keys, and the head that is published of it."""

    async def publish(
        self,
        to_announce: Callable[[Sequence[Announcement]], Sequence[Announcement]],
        signed: Callable[[int, str], Head],
        now: datetime,
        unless_since: datetime,
    ) -> datetime:
        """In one unit of work: append what is to be announced, and pad the log and publish its head.

        No head is published unless a key was announced or the last head is from before `unless_since`. Returns when
        the head was published that then stands.
        """
        ...

    async def head(self) -> Head | None:
        """The published head; none before the first."""
        ...

    async def evidence(self, indexes: Sequence[int]) -> LogEvidence:
        """The whole log as it stands, with the inclusion proofs of some leaves."""
        ...

    async def published_keys(self) -> LogEvidence | None:
        """The log up to the published head, with the keys alone."""
        ...

    async def consistency(self, first: int, second: int) -> list[str] | None:
        """The proof between two sizes; none if the second is not published."""
        ...

    async def inclusion(self, leaf_hash: str, tree_size: int) -> tuple[int, list[str]] | None:
        """A leaf's index and proof; none if it is not among the first `tree_size`, or these are not published."""
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
