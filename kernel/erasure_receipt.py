"""Receipts of the erasure by events: their one shape, their signature, and what a receipt must cover to be taken.

A holder signs with its service's own Ed25519 key. Who receives one checks the signature against the published key and
the content against the inventory of that service: a statement is taken for what was checked, and for nothing else.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

import rfc8785
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from contracts.fulfilment import HolderReceipt
from contracts.holder import service_of
from kernel import merkle
from kernel.signature import canonical, is_signed
from kernel.signature import sign as signature_of

RECEIPT_DOMAIN = "larabot-erasure-receipt-v1"

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
Json = Any


class ReceiptFault(StrEnum):
    """Why a receipt is not taken; the code in logs and in `EXPLANATIONS`."""

    SHAPE = "shape"
    SERVICE = "service"
    UNEXPLAINED = "unexplained"
    SIGNATURE = "signature"
    SUBJECT = "subject"
    INVENTORY = "inventory"
    PROBE = "probe"
    RETAINED = "retained"


EXPLANATIONS = {
    ReceiptFault.SHAPE: "it has not the shape of a receipt with a clean probe",
    ReceiptFault.SERVICE: "it speaks for a holder of another service",
    ReceiptFault.UNEXPLAINED: "its probe found data that is not listed as retained",
    ReceiptFault.SIGNATURE: "it is not signed by its service",
    ReceiptFault.SUBJECT: "it arrived on the subject of another holder",
    ReceiptFault.INVENTORY: "it was made under an inventory that is neither the current one nor that of the case",
    ReceiptFault.PROBE: "its probe did not count every store that the inventory has emptied, or found rows in one",
    ReceiptFault.RETAINED: "what it retains is not what the inventory retains",
}


def _must_be_true(value: bool) -> bool:
    if not value:
        raise ValueError("not clean")
    return value


class RetainedStore(BaseModel):
    """A store that a receipt says is retained: on which ground, and until when at most."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    store: str
    article: str
    reason: str
    until: str
    ends_with: Literal["recipients"] | None = None


class ReceiptBody(BaseModel):
    """What a receipt states, all of it signed. `erased` and `probe`: rows by store, deleted and found afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    domain: Literal["larabot-erasure-receipt-v1"]
    holder: str
    service: str
    inventory_hash: Hash
    erasure_id: str
    salt: Hash
    erased: dict[str, Count]
    probe: dict[str, Count]
    retained: list[RetainedStore]
    clean: Annotated[bool, AfterValidator(_must_be_true)]
    at: str

    def unexplained(self) -> list[str]:
        """The stores in which the probe found rows that the receipt does not list as retained."""
        kept = {entry.store for entry in self.retained}
        return [store for store, count in self.probe.items() if count and store not in kept]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the receipt of a holder must cover under one inventory: the stores that are emptied, and those kept back."""

    inventory_hash: str
    emptied: frozenset[str]
    retained: frozenset[str]

    def fault_of(self, body: ReceiptBody) -> ReceiptFault | None:
        """What a receipt under this inventory leaves out."""
        if self.emptied - body.probe.keys() or any(body.probe.values()):
            return ReceiptFault.PROBE
        if {entry.store for entry in body.retained} != self.retained:
            return ReceiptFault.RETAINED
        return None


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
    """What is wrong with a receipt by itself; none if its service signed a clean probe of its own holder."""
    try:
        stated = ReceiptBody.model_validate(body)
    except ValidationError:
        return ReceiptFault.SHAPE
    if stated.service != service_of(stated.holder):
        return ReceiptFault.SERVICE
    if stated.unexplained():
        return ReceiptFault.UNEXPLAINED
    if not is_signed(public_key, signature, RECEIPT_DOMAIN, body):
        return ReceiptFault.SIGNATURE
    return None


def coverage_fault(body: ReceiptBody, accepted: Collection[Coverage]) -> ReceiptFault | None:
    """What a receipt leaves out of what it must cover; `accepted` are the inventories it may have been made under."""
    for coverage in accepted:
        if coverage.inventory_hash == body.inventory_hash:
            return coverage.fault_of(body)
    return ReceiptFault.INVENTORY


def coverages(inventories: Mapping[str, Json]) -> dict[str, Coverage]:
    """What each holder's receipt must cover, by the published inventories (`contracts/schemas/holders.json`)."""
    found = {}
    for inventory in inventories.values():
        inventory_hash = hashlib.sha256(rfc8785.dumps(inventory)).hexdigest()
        for part in inventory["holders"]:
            personal = [store for store in part["stores"] if store["personal_data"]]
            found[part["holder"]] = Coverage(
                inventory_hash,
                emptied=frozenset(store["store"] for store in personal if not store.get("retained")),
                retained=frozenset(store["store"] for store in personal if store.get("retained")),
            )
    return found
