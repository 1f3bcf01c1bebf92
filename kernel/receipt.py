"""Receipts of commands: their one shape, their signature, and what a receipt must say to be taken.

A holder signs with its service's own Ed25519 key. Who receives a receipt checks the signature against the published
key, and the content against what was asked and against the inventory of that service: a statement is taken for what was
looked for and looked at, and for nothing else.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from contracts.fulfilment import CommandKind, HolderReceipt
from contracts.personal_data import RESTRICTION_STORE, Locator
from kernel import merkle
from kernel.signature import canonical, is_signed
from kernel.signature import sign as signature_of

RECEIPT_DOMAIN = "larabot-receipt-v2"

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
Json = Any


class ReceiptFault(StrEnum):
    """Why a receipt is not taken; the code in logs, in cases and in `EXPLANATIONS`."""

    SHAPE = "shape"
    HOLDER = "holder"
    SIGNATURE = "signature"
    COMMAND = "command"
    QUESTION = "question"
    INVENTORY = "inventory"
    PROBE = "probe"
    RETAINED = "retained"


EXPLANATIONS = {
    ReceiptFault.SHAPE: "it has not the shape of a receipt",
    ReceiptFault.HOLDER: "it speaks for another holder, or a holder of another service",
    ReceiptFault.SIGNATURE: "it is not signed by its service",
    ReceiptFault.COMMAND: "it answers another command",
    ReceiptFault.QUESTION: "it did not look for every identifier that it was told",
    ReceiptFault.INVENTORY: "it was made under an inventory that is neither the current one nor that of the case",
    ReceiptFault.PROBE: "it did not look again at every store that the command concerns, or found something left there",
    ReceiptFault.RETAINED: "what it retains is not what the inventory retains",
}


class RetainedStore(BaseModel):
    """A store that a receipt says is retained: on which ground, and until when at most."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    store: str
    article: str
    reason: str
    until: str
    ends_with: Literal["recipients"] | None = None


class ReceiptBody(BaseModel):
    """What a receipt states, all of it signed.

    `looked_for`: how many identifiers of each kind the stores were asked for. `changed`: rows changed or deleted, by
    store. `probe`: rows found afterwards, by store, of which the command should have left none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    domain: Literal["larabot-receipt-v2"]
    holder: str
    service: str
    inventory_hash: Hash
    command_id: str
    kind: Annotated[CommandKind, Field(strict=False)]
    salt: Hash
    looked_for: dict[str, Count]
    changed: dict[str, Count]
    probe: dict[str, Count]
    retained: list[RetainedStore]
    at: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the receipt of one holder for one kind of command must cover under one inventory.

    `probed`: the stores that are looked at again. `retained`: those kept back.
    """

    inventory_hash: str
    probed: frozenset[str]
    retained: frozenset[str]

    def fault_of(self, body: ReceiptBody) -> ReceiptFault | None:
        """What a receipt under this inventory leaves out."""
        if self.probed - body.probe.keys() or any(body.probe.values()):
            return ReceiptFault.PROBE
        if {entry.store for entry in body.retained} != self.retained:
            return ReceiptFault.RETAINED
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a receipt is compared with: whose it must be, what was asked, and what it must cover.

    `told`: how many different identifiers of each kind the holder was told, of those that its inventory declares.
    `coverages`: of the inventories under which it may have been made.
    """

    holder: str
    service: str
    command_id: str
    kind: CommandKind
    told: Mapping[Locator, int]
    coverages: Collection[Coverage]

    def fault_of(self, body: ReceiptBody) -> ReceiptFault | None:
        """What keeps a receipt from answering what was asked."""
        if (body.holder, body.service) != (self.holder, self.service):
            return ReceiptFault.HOLDER
        if (body.command_id, body.kind) != (self.command_id, self.kind):
            return ReceiptFault.COMMAND
        if any(body.looked_for.get(kind.value, 0) < count for kind, count in self.told.items()):
            return ReceiptFault.QUESTION
        return coverage_fault(body, self.coverages)


def sign(seed: str, body: dict[str, Json]) -> HolderReceipt:
    """Sign a receipt's body with the key of a 32-byte seed (64 hex digits).

    Raises:
        NotCanonical: the body has no canonical JSON form.
    """
    return HolderReceipt(body=body, signature=signature_of(seed, RECEIPT_DOMAIN, body))


def receipt_leaf(receipt: dict[str, Json]) -> bytes:
    """A receipt's leaf in the receipt log: SHA-256, its own salt in front, so that alone it tells nothing."""
    return merkle.leaf_hash(bytes.fromhex(receipt["body"]["salt"]) + canonical(receipt))


def fault_of(body: dict[str, Json], signature: str, public_key: str) -> ReceiptFault | None:
    """What is wrong with a receipt by itself; none if its service signed it and found nothing left."""
    try:
        stated = ReceiptBody.model_validate(body)
    except ValidationError:
        return ReceiptFault.SHAPE
    if not is_signed(public_key, signature, RECEIPT_DOMAIN, body):
        return ReceiptFault.SIGNATURE
    return ReceiptFault.PROBE if any(stated.probe.values()) else None


def taking_fault(receipt: HolderReceipt, public_key: str, expected: Expected) -> ReceiptFault | None:
    """Why a receipt that came in is not taken; none if it is."""
    fault = fault_of(receipt.body, receipt.signature, public_key)
    return fault or expected.fault_of(ReceiptBody.model_validate(receipt.body))


def coverage_fault(body: ReceiptBody, accepted: Collection[Coverage]) -> ReceiptFault | None:
    """What a receipt leaves out of what it must cover; `accepted` are the inventories it may have been made under."""
    for coverage in accepted:
        if coverage.inventory_hash == body.inventory_hash:
            return coverage.fault_of(body)
    return ReceiptFault.INVENTORY


def coverages(inventories: Mapping[str, Json], kind: CommandKind) -> dict[str, Coverage]:
    """What each holder's receipt must cover, by the published inventories (`contracts/schemas/holders.json`)."""
    found = {}
    for inventory in inventories.values():
        inventory_hash = hashlib.sha256(rfc8785.dumps(inventory)).hexdigest()
        for part in inventory["holders"]:
            personal = [store for store in part["stores"] if store["personal_data"]]
            found[part["holder"]] = Coverage(
                inventory_hash,
                probed=frozenset(store["store"] for store in personal if _concerns(kind, store)),
                retained=frozenset(store["store"] for store in personal if _keeps(kind, store)),
            )
    return found


def _concerns(kind: CommandKind, store: Mapping[str, Json]) -> bool:
    """Whether a command of this kind must leave something, or nothing, in a store."""
    match kind:
        case CommandKind.ERASE:
            return not store.get("retained")
        case CommandKind.RECTIFY:
            return bool(store.get("rectifies"))
        case CommandKind.OBJECT:
            return bool(store.get("ends_on_objection"))
        case CommandKind.RESTRICT | CommandKind.LIFT:
            return store["store"] == RESTRICTION_STORE or bool(store.get("restricts"))


def _keeps(kind: CommandKind, store: Mapping[str, Json]) -> bool:
    return kind is CommandKind.ERASE and bool(store.get("retained"))
