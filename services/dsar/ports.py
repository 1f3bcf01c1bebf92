"""The ports of the use cases: interfaces that the adapters implement, and the fakes of the unit tests."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from contracts.fulfilment import Command, CommandKind, HolderAnswer
from contracts.holder import ExportedStore, ExportPage
from contracts.ledger import Entry, LedgerPage
from kernel.key_history import Announcement
from kernel.log_head import Head
from services.dsar.domain.attempts import Due
from services.dsar.domain.case import CaseView, ErasureRecord, Letter, NewCase, NewCommand, Subject
from services.dsar.domain.command import Progress
from services.dsar.domain.delivery import Delivery, Outcome
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


@dataclass(frozen=True, slots=True)
class Concerned:
    """A command of the ledger that concerns somebody whose identifier has this hash."""

    command_id: str
    sequence: int
    kind: CommandKind
    recorded_at: datetime
    hash: str


class Ledger(Protocol):
    """The ledger of commands."""

    async def read(self, after: int) -> LedgerPage:
        """A page of what was entered after a sequence."""
        ...

    async def concerned(self, after: int, hashes: Collection[str]) -> list[Concerned]:
        """The commands after a sequence that concern somebody with one of these hashes, in order."""
        ...

    async def reconcile(self, stream: Mapping[str, Entry]) -> tuple[int, int]:
        """Take over what only the stream has, and publish what only the database has; how many of each."""
        ...


class LedgerStream(Protocol):
    """The ledger's copy in a stream of the bus."""

    async def entries(self) -> dict[str, Entry]:
        """All that it keeps, by command. Raises Refusal: the bus is away."""
        ...


class Requests(Protocol):
    """The cases; some have a package that is to be gathered, each on its own clock."""

    async def take(self) -> Due | datetime | None:
        """A case to gather now, the least tried first, leased to the caller; else when the next one is due, if any."""
        ...

    async def put_off(self, due: Due, *, is_poison: bool) -> bool:
        """Note a failed attempt: the case backs off alone. Whether it has just been put into quarantine."""
        ...

    async def record(self, case: NewCase, letters: Sequence[Letter], idempotency_key: str | None) -> str:
        """Record a case and queue its letters, in one unit of work; the id of the case that the key stands for.

        That is the given case, or the one that the account opened before with the same key; then nothing is recorded.
        """
        ...

    async def record_erasure(self, case: NewCase, command: NewCommand, letters: Sequence[Letter]) -> bool:
        """Record case, ledger entry, command, expected receipts, locators and letters in one transaction.

        False, and nothing recorded, if the account has an erasure already.
        """
        ...

    async def record_command(self, case_id: str, command: NewCommand) -> bool:
        """Record a command of an open case, with all that it needs to go through by itself; false for any other."""
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


@dataclass(frozen=True, slots=True)
class Overview:
    """How many commands are open, since when the oldest is, and how many parts are in quarantine."""

    open: int
    oldest_at: datetime | None
    quarantined: int


class Commands(Protocol):
    """The commands that are under way; each step is one transaction for many, and does once what is tried twice.

    What has an `until` is looked at again then, or sooner if something happens to it.
    """

    async def due(self, most: int) -> tuple[list[Progress], list[str], datetime | None]:
        """What is to be looked at now, the least tried first, and the ids of what cannot be read; else when."""
        ...

    async def accounts_of(self, command_ids: Sequence[str]) -> dict[str, str]:
        """The account that each concerns, by command id."""
        ...

    async def tell(self, until: Mapping[str, datetime]) -> None:
        """From now on holders are told; `until` by command id."""
        ...

    async def write_letters(self, secrets: Mapping[str, str], until: Mapping[str, datetime]) -> None:
        """Queue the last letters, with the case's secret; both by command id."""
        ...

    async def own_part(self, command_ids: Sequence[str]) -> list[Delivery]:
        """What our own part of the platform is told."""
        ...

    async def complete(self, command_ids: Sequence[str]) -> None:
        """Every holder of ours has proved it: an erasure's certificate exists."""
        ...

    async def forget(self, command_ids: Sequence[str]) -> None:
        """Destroy identifiers and values: nobody needs them any more."""
        ...

    async def close(self, command_ids: Sequence[str]) -> None:
        """Close command and case, once no byte of the identifiers is left in the database."""
        ...

    async def alarmed(self, until: Mapping[str, datetime]) -> None:
        """Note that somebody was alarmed; `until` by command id."""
        ...

    async def postpone(self, found: Sequence[Progress], until: Mapping[str, datetime]) -> None:
        """Look again at a time, unless something has happened since they were found; `until` by command id."""
        ...

    async def put_off(self, command_ids: Sequence[str], *, is_poison: bool) -> list[str]:
        """Note a failed attempt at each: it backs off alone. Which have just been put into quarantine."""
        ...

    async def overview(self) -> Overview:
        """What is under way, for an operator."""
        ...


class Deliveries(Protocol):
    """What services are still to be told: expected receipts that are due, each on its own clock."""

    async def due(self, service: str, most: int) -> tuple[list[Delivery], list[Outcome], datetime | None]:
        """What a service is to be told now, the least tried first, and what cannot be read; else when."""
        ...

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Store receipts and append them to the receipt log, and put off the rest, in one transaction.

        What has become due anew since it was told stays due.
        """
        ...

    async def hurry(self, service: str) -> None:
        """All that a service still owes is due at once: it says that it is back."""
        ...


class ErasureRecords(Protocol):
    """What is recorded of erasures that every holder of ours has proved."""

    async def record(self, command_id: str) -> ErasureRecord | None:
        """What an erasure's certificate is made of; none before it exists."""
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


class Fulfilment(Protocol):
    """Every service that holds personal data, our own part of the platform included."""

    async def fulfil(self, service: str, commands: Sequence[Command]) -> list[HolderAnswer]:
        """Have a service carry out commands.

        Raises:
            Refusal: it is away, or refused.
        """
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
