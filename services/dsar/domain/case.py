"""A case: what is recorded of it, what its data subject sees, and the letters that it sends."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from contracts.fulfilment import CommandKind
from contracts.ledger import KeyedHash


class LetterKind(StrEnum):
    """What a person is written to about."""

    ERASURE_RECEIVED = "erasure_received"
    ERASURE_DONE = "erasure_done"
    ACCESS_RECEIVED = "access_received"
    PACKAGE_READY = "package_ready"
    REQUEST_RECEIVED = "request_received"
    LOOKUP = "lookup"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """A case as it is received."""

    id: str
    right: str
    state: str
    details: str
    language: str
    account_id: str
    account_hash: str
    received_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCommand:
    """A demand on stored data beside its case: whom it concerns, as told to holders and as kept in the ledger.

    `commitments` bind a certificate to the person's addresses; only an erasure has any. `values` are those of a
    rectification, by field.
    """

    command_id: str
    kind: CommandKind
    locators: dict[str, list[str]]
    hashes: list[KeyedHash]
    commitments: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A holder or recipient of a command: when its receipt came, or why the last one was refused."""

    holder: str
    recipient: bool
    received_at: datetime | None
    refused: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case with what is known of it; `account_id` is there until an erasure has wiped it."""

    id: str
    right: str
    state: str
    received_at: datetime
    due_at: datetime
    package_until: datetime | None = None
    command_id: str | None = None
    account_id: str | None = None
    language: str = "sv"
    holders: tuple[Held, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter to one address; about a case if it names one."""

    kind: LetterKind
    address: str
    language: str
    case_id: str = ""
    case_secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What the account service knows a person by, and the verified addresses that letters go to."""

    locators: dict[str, list[str]]
    addresses: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedReceipt:
    """A receipt as it was signed, with its index in the receipt log."""

    holder: str
    receipt: dict[str, Any]
    leaf_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenHolder:
    """A holder whose receipt an erasure must collect, as it was when the case was opened; `recipient`: Art. 19."""

    holder: str
    service: str
    recipient: bool
    inventory_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRecord:
    """Everything that a certificate is made of. `holders`: the set frozen with the case, in the order of showing."""

    case_id: str
    command_id: str
    holders: tuple[FrozenHolder, ...]
    state: str
    received_at: datetime
    requested_at: datetime
    completed_at: datetime
    closed_at: datetime | None
    commitments: list[str]
    superseded: list[dict[str, str]]
    receipts: dict[str, LoggedReceipt]
