"""The tables of dsar: cases, commands and who must prove them, the ledger, the receipt log.

What names a person (`case_party`, `command_locator`, `command_value`, the mail queue) stands apart from what remains as
proof.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, LargeBinary, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.database import UtcDateTime
from chassis.tables import standard_tables
from contracts.personal_data import (
    Category,
    Declaration,
    LegalBasis,
    Locator,
    NoPersonalData,
    PersonalData,
    Retained,
)

PROOF_KEPT = timedelta(days=3 * 366)
# The longest age of a stream or backup (90 days), and 30 days more.
LEDGER_KEPT = timedelta(days=120)
# The longest a case may take (three months), and 90 days more.
PARTY_KEPT = timedelta(days=180)
OPEN_COMMAND_KEPT = timedelta(days=365)
LOOKUP_KEPT = timedelta(days=1)
# As long as the gateway knows a repeated request.
IDEMPOTENCY_KEPT = timedelta(days=1)

ID_MAX, NAME_MAX, TEXT_MAX, HASH_MAX, SIGNATURE_MAX = 64, 32, 2000, 64, 128


class Base(SQLModel, registry=registry()):
    """The tables of this service alone."""


def _proof(purpose: str, reason: str) -> PersonalData:
    """Without any identifier: opaque ids, dates, counts and keyed hashes that prove what was done."""
    return PersonalData(
        categories=(Category.REQUESTS,),
        purpose=purpose,
        legal_basis=LegalBasis.LEGAL_OBLIGATION,
        retention=PROOF_KEPT,
        located_by={Locator.COMMAND_ID: "command_id"},
        expires="recorded_at",
        source="the handling of the request",
        retained=Retained(article="Art. 5(2), Art. 17(3)(e)", reason=reason, period=PROOF_KEPT),
    )


class CaseRecord(Base, table=True):
    """What remains of a case: which right, when, how it ended; the person only as a keyed hash."""

    __tablename__ = "case_record"
    __personal_data__: ClassVar[Declaration] = _proof(
        "prove that a request was answered, and in time",
        "case id, right, state, dates and a keyed hash: to prove that the request was answered in time",
    )
    id: str = Field(primary_key=True, max_length=ID_MAX)
    right: str = Field(max_length=NAME_MAX)
    state: str = Field(max_length=NAME_MAX)
    recorded_at: datetime = Field(sa_type=UtcDateTime, index=True)
    due_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    package_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    account_hash: str = Field(max_length=HASH_MAX)
    # The last command that the case led to.
    command_id: str | None = Field(default=None, max_length=ID_MAX, index=True)
    # While a package is to be gathered: when it is tried next, failures in a row, since when it is quarantined.
    next_attempt_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    failures: int = Field(default=0)
    quarantined_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CaseParty(Base, table=True):
    """Whose case it is, and what was asked for in the person's own words; erased with the person's other data."""

    __tablename__ = "case_party"
    __personal_data__: ClassVar[Declaration] = PersonalData(
        categories=(Category.REQUESTS, Category.CORRESPONDENCE),
        purpose="handle the requests of a data subject",
        legal_basis=LegalBasis.LEGAL_OBLIGATION,
        retention=PARTY_KEPT,
        located_by={Locator.ACCOUNT_ID: "account_id"},
        expires="received_at",
    )
    case_id: str = Field(primary_key=True, max_length=ID_MAX)
    account_id: str = Field(max_length=ID_MAX, index=True)
    # Set for an erasure only: at most one is open for an account.
    erasing_account: str | None = Field(default=None, max_length=ID_MAX, unique=True)
    right: str = Field(max_length=NAME_MAX)
    details: str = Field(max_length=TEXT_MAX)
    language: str = Field(max_length=NAME_MAX)
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)
    due_at: datetime = Field(sa_type=UtcDateTime)


class CommandRow(Base, table=True):
    """A demand on stored data and how far it has come; each step leaves its time."""

    __tablename__ = "command"
    __personal_data__: ClassVar[Declaration] = _proof(
        "carry a demand on stored data through every holder, and prove it",
        "opaque ids, dates and commitments: an erasure's certificate is issued from them",
    )
    command_id: str = Field(primary_key=True, max_length=ID_MAX)
    case_id: str = Field(max_length=ID_MAX, index=True)
    kind: str = Field(max_length=NAME_MAX)
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False, unique=True))
    recorded_at: datetime = Field(sa_type=UtcDateTime, index=True)
    commitments: list[str] = Field(sa_type=JSON)
    superseded: list[dict[str, Any]] = Field(sa_type=JSON)
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    letter_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    completed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    forgotten_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    late_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # Until it is closed: when it is looked at next, failures in a row, since when it is quarantined.
    next_attempt_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    failures: int = Field(default=0)
    quarantined_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ExpectedReceipt(Base, table=True):
    """A holder that must prove a command, of the set frozen with it; and its receipt once that is in."""

    __tablename__ = "expected_receipt"
    __personal_data__: ClassVar[Declaration] = _proof(
        "know which holders have proved what was demanded",
        "signed receipts with opaque ids and counts: the proof that every store did what was demanded",
    )
    __table_args__ = (Index("ix_expected_receipt_due", "service", "next_attempt_at"),)
    command_id: str = Field(primary_key=True, max_length=ID_MAX)
    holder: str = Field(primary_key=True, max_length=NAME_MAX)
    service: str = Field(max_length=NAME_MAX)
    recipient: bool
    place: int
    recorded_at: datetime = Field(sa_type=UtcDateTime, index=True)
    # What its receipt must cover, as the inventory said when the command was issued.
    inventory_hash: str = Field(max_length=HASH_MAX)
    probed: list[str] = Field(sa_type=JSON)
    retained: list[str] = Field(sa_type=JSON)
    # The last receipt that was not taken, by its fault's code; none once a receipt is in.
    refused: str | None = Field(default=None, max_length=NAME_MAX)
    received_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    receipt: bytes | None = Field(default=None, sa_type=LargeBinary)
    leaf_index: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    # From the telling until the receipt is in: when the service is asked next, failures in a row, since when it is
    # quarantined.
    next_attempt_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failures: int = Field(default=0)
    quarantined_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)


def _until_closed(purpose: str, reason: str, source: str) -> PersonalData:
    """What names the person while a command is under way; kept through the erasure of our own part."""
    return PersonalData(
        categories=(Category.REQUESTS, Category.CONTACT),
        purpose=purpose,
        legal_basis=LegalBasis.LEGAL_OBLIGATION,
        retention=OPEN_COMMAND_KEPT,
        located_by={Locator.COMMAND_ID: "command_id"},
        expires=None,  # what is owed is never swept: it goes when the command closes
        source=source,
        retained=Retained(
            article="Art. 17(1), Art. 19", reason=reason, period=OPEN_COMMAND_KEPT, until_recipients=True
        ),
    )


class CommandLocator(Base, table=True):
    """Whom a command concerns: told to holders, gone when the last one has given its receipt."""

    __tablename__ = "command_locator"
    __personal_data__: ClassVar[Declaration] = _until_closed(
        "tell each holder and recipient whom a demand concerns",
        "the identifiers to find by; destroyed at once when the last holder and recipient have finished",
        "the account",
    )
    command_id: str = Field(primary_key=True, max_length=ID_MAX)
    kind: str = Field(primary_key=True, max_length=NAME_MAX)
    value: str = Field(primary_key=True, max_length=320)
    recorded_at: datetime = Field(sa_type=UtcDateTime)


class CommandValue(Base, table=True):
    """A new value of a rectification: told to holders, gone when the last one has given its receipt."""

    __tablename__ = "command_value"
    __personal_data__: ClassVar[Declaration] = _until_closed(
        "tell each holder and recipient what to correct",
        "the corrected values; destroyed at once when the last holder and recipient have finished",
        "the data subject",
    )
    command_id: str = Field(primary_key=True, max_length=ID_MAX)
    field: str = Field(primary_key=True, max_length=NAME_MAX)
    value: str = Field(max_length=320)
    recorded_at: datetime = Field(sa_type=UtcDateTime)


class CommandLetter(Base, table=True):
    """A last letter that has not left the mail queue: our own part waits for it."""

    __tablename__ = "command_letter"
    __personal_data__: ClassVar[Declaration] = NoPersonalData(
        reason="opaque ids of letters in the queue; gone with the letter, or with the command"
    )
    letter_id: str = Field(primary_key=True, max_length=ID_MAX)
    command_id: str = Field(max_length=ID_MAX, index=True)


# The same stands in the stream LEDGER of the bus, for the same time.
_LEDGER = PersonalData(
    categories=(Category.REQUESTS,),
    purpose="recognise whose data a restored copy must no longer hold, or must hold changed",
    legal_basis=LegalBasis.LEGAL_OBLIGATION,
    retention=LEDGER_KEPT,
    located_by={Locator.COMMAND_ID: "command_id"},
    expires="recorded_at",
    source="the account",
    retained=Retained(
        article="Art. 17(1), Art. 32",
        reason="keyed hashes under a key no backup holds: to recognise who was erased, if an old copy is restored",
        period=LEDGER_KEPT,
    ),
)


class LedgerEntry(Base, table=True):
    """A command in the order of its coming: whom a restored copy must no longer hold, or hold changed."""

    __tablename__ = "ledger_entry"
    __personal_data__: ClassVar[Declaration] = _LEDGER
    __table_args__ = {"sqlite_autoincrement": True}
    sequence: int | None = Field(
        default=None,
        sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    )
    command_id: str = Field(max_length=ID_MAX, unique=True)
    kind: str = Field(max_length=NAME_MAX)
    recorded_at: datetime = Field(sa_type=UtcDateTime, index=True)


class LedgerHash(Base, table=True):
    """Whom an entry of the ledger concerns: an identifier's keyed hash, looked up when a copy was restored."""

    __tablename__ = "ledger_hash"
    __personal_data__: ClassVar[Declaration] = _LEDGER
    sequence: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    hash: str = Field(primary_key=True, max_length=HASH_MAX, index=True)
    kind: str = Field(max_length=NAME_MAX)
    command_id: str = Field(max_length=ID_MAX, index=True)
    recorded_at: datetime = Field(sa_type=UtcDateTime, index=True)


class LookupLetter(Base, table=True):
    """An address that was written to today, as a keyed hash of the day, so that nobody can flood it by us."""

    __tablename__ = "lookup_letter"
    __personal_data__: ClassVar[Declaration] = PersonalData(
        categories=(Category.CONTACT,),
        purpose="write to an address at most once a day on request of whoever enters it",
        legal_basis=LegalBasis.LEGITIMATE_INTERESTS,
        retention=LOOKUP_KEPT,
        located_by={},
        expires="recorded_at",
        source="whoever entered the address",
        retained=Retained(
            article="Art. 11(1)",
            reason="a keyed hash of the day, by which nobody is found; gone within a day",
            period=LOOKUP_KEPT,
        ),
    )
    address_hash: str = Field(primary_key=True, max_length=HASH_MAX)
    recorded_at: datetime = Field(sa_type=UtcDateTime, index=True)


class OpeningRequest(Base, table=True):
    """Which request opened a case, by the caller's idempotency key: its repetition is answered with the same case."""

    __tablename__ = "opening_request"
    __personal_data__: ClassVar[Declaration] = PersonalData(
        categories=(Category.REQUESTS,),
        purpose="answer a repeated request with the same case",
        legal_basis=LegalBasis.LEGAL_OBLIGATION,
        retention=IDEMPOTENCY_KEPT,
        located_by={Locator.ACCOUNT_ID: "account_id"},
        expires="recorded_at",
        withheld=frozenset({"idempotency_key"}),
    )
    account_id: str = Field(primary_key=True, max_length=ID_MAX)
    idempotency_key: str = Field(primary_key=True, max_length=HASH_MAX)
    case_id: str = Field(max_length=ID_MAX)
    recorded_at: datetime = Field(sa_type=UtcDateTime, index=True)


class ReceiptLogSize(Base, table=True):
    """How many leaves the log has; the one row that appending takes turns by."""

    __tablename__ = "receipt_log_size"
    __personal_data__: ClassVar[Declaration] = NoPersonalData(reason="a count")
    id: int = Field(primary_key=True)
    size: int = Field(sa_column=Column(BigInteger, nullable=False))


class ReceiptLogNode(Base, table=True):
    """The root of a perfect subtree of the receipt log (RFC 9162); level 0 are the leaves."""

    __tablename__ = "receipt_log_node"
    __personal_data__: ClassVar[Declaration] = NoPersonalData(
        reason="hashes over receipts, each with a random salt that stands with the case and goes with it, and over keys"
    )
    # A leaf is looked for by its hash.
    __table_args__ = (
        Index("ix_receipt_log_node_leaf", "hash", sqlite_where=text("level = 0"), postgresql_where=text("level = 0")),
    )
    level: int = Field(primary_key=True)
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    hash: str = Field(max_length=HASH_MAX)


class AnnouncedKey(Base, table=True):
    """A key that the receipt log announced, in the order of the log."""

    __tablename__ = "announced_key"
    __personal_data__: ClassVar[Declaration] = NoPersonalData(reason="public keys of services, and signatures of them")
    leaf_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    announcement: dict[str, Any] = Field(sa_type=JSON)


class PublishedHead(Base, table=True):
    """The signed head of the receipt log that anybody may read; one row."""

    __tablename__ = "published_head"
    __personal_data__: ClassVar[Declaration] = NoPersonalData(reason="a padded size, a hash and a signature")
    id: int = Field(primary_key=True)
    published_at: datetime = Field(sa_type=UtcDateTime)
    head: dict[str, Any] = Field(sa_type=JSON)


TABLES = standard_tables(Base.metadata, mail=True)
