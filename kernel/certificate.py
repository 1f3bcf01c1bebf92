"""What an erasure certificate says, how it is signed, and how anybody checks it offline. Pure; no I/O.

Three kinds of Ed25519 signature, each over its own domain and the RFC 8785 form of what is signed: a holder's
receipt, the head of the log that the receipts stand in, and the certificate as a whole.
"""

import json
from collections.abc import Iterator
from typing import Annotated, Literal, cast

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from contracts.fulfilment import CommandKind
from contracts.holder import OWN_HOLDERS, RECIPIENT_HOLDERS, service_of
from kernel import merkle
from kernel.receipt import EXPLANATIONS, Count, Hash, fault_of, receipt_leaf
from kernel.signature import Json, is_signed

FORMAT = "larabot-erasure-certificate-v2"
HEAD_DOMAIN = "larabot-log-head-v1"
FILE_BYTES_MAX = 1024 * 1024

Signature = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]
Time = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$")]


class CertificateRefused(ValueError):
    """The file is no certificate, or does not prove what it says; the message names the check in plain words."""


class Part(BaseModel):
    """A part of the certificate: nothing missing, nothing more, no value of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Controller(Part):
    """Who answers for the processing."""

    name: str
    organisation_number: str
    contact: str


class CaseOfCertificate(Part):
    """The case that the erasure was demanded in."""

    id: str
    right: Literal["erasure"]
    state: Literal["waiting_for_recipients", "closed"]
    received_at: Time
    completed_at: Time
    closed_at: Time | None


class Subject(Part):
    """Whose data it was: SHA-256 over the nonce and each address; the nonce is in this copy only."""

    nonce: Hash
    address_commitments: list[Hash]


class SignedReceipt(Part):
    """A holder's statement, as it signed it."""

    body: dict[str, Json]
    signature: Signature


class LoggedReceipt(Part):
    """A receipt and its place in the log."""

    receipt: SignedReceipt
    leaf_index: Count
    inclusion_proof: list[Hash]


class HolderEntry(Part):
    """A store of our own: erased, with its receipt."""

    holder: str
    service: str
    entry: LoggedReceipt


class RecipientEntry(Part):
    """A recipient (Art. 19): done with a receipt, or still waiting."""

    recipient: str
    service: str
    state: Literal["waiting", "done"]
    entry: LoggedReceipt | None


class RetainedEntry(Part):
    """What stays, on which ground, and until when at most."""

    holder: str
    store: str
    article: str
    reason: str
    until: str


class Head(Part):
    """The log's head when the certificate was issued."""

    public_key: Hash
    tree_size: Count
    root_hash: Hash
    at: Time
    signature: Signature


class Backups(Part):
    """What backups may still hold, encrypted, and until when."""

    until: Time
    statement: str


class SupersededCase(Part):
    """An access case of the same person whose package the erasure put an end to."""

    id: str
    right: str
    statement: str


class Certificate(Part):
    """Stated by the operator, checked by probe. Everything but `signature` is covered by the signature."""

    format: Literal["larabot-erasure-certificate-v2"]
    statement: str
    issued_at: Time
    controller: Controller
    case: CaseOfCertificate
    command_id: str
    requested_at: Time
    subject: Subject
    holders: list[HolderEntry]
    recipients: list[RecipientEntry]
    retained: list[RetainedEntry]
    superseded: list[SupersededCase]
    backups: Backups
    limits: list[str]
    receipt_keys: dict[str, Hash]
    log: Head
    signature: Signature


def head_content(tree_size: int, root_hash: str, at: str) -> dict[str, Json]:
    """What the log signs."""
    return {"tree_size": tree_size, "root_hash": root_hash, "at": at}


def read(data: bytes) -> tuple[Certificate, dict[str, Json]]:
    """Take a certificate file apart, strictly.

    Raises:
        CertificateRefused: too large, not one JSON document, a doubled member, a fraction, another shape.
    """
    if len(data) > FILE_BYTES_MAX:
        raise CertificateRefused(f"the file is over {FILE_BYTES_MAX} bytes")
    content = _parsed(data)
    try:
        return Certificate.model_validate(content), cast("dict[str, Json]", content)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise CertificateRefused(f"the file has not the shape of a certificate (at {place or 'the top'})") from None


def _parsed(data: bytes) -> Json:
    try:
        return json.loads(
            data.decode("utf-8"), object_pairs_hook=_members, parse_float=_no_fraction, parse_constant=_no_fraction
        )
    except CertificateRefused:
        raise
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, a number of thousands of digits
        raise CertificateRefused("the file is not one JSON document in UTF-8") from error


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise CertificateRefused("a member stands twice in the same object")
    return members


def _no_fraction(text: str) -> Json:
    raise CertificateRefused(f"{text[:20]} is no whole number")


def check(data: bytes, trusted_key: str | None) -> Iterator[str]:
    """Check a certificate file; yields each check that held, in plain words.

    Raises:
        CertificateRefused: the first check that did not hold.
    """
    certificate, content = read(data)
    yield "The file is one JSON document with the members of a certificate, none missing, doubled or unknown."
    yield _check_key(certificate, trusted_key)
    body = {name: value for name, value in content.items() if name != "signature"}
    _demand(
        is_signed(certificate.log.public_key, certificate.signature, FORMAT, body),
        "the signature over the whole certificate is not the log key's: the file was changed, or made by another",
    )
    yield "The whole certificate is signed by the log's key; nothing in it was changed."
    yield _check_head(certificate.log)
    yield _check_holders(certificate)
    yield _check_recipients(certificate)
    yield _check_log_places(certificate)
    yield _check_retained(certificate)


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise CertificateRefused(otherwise)


def _check_key(certificate: Certificate, trusted_key: str | None) -> str:
    if trusted_key is None:
        return (
            "NOT CHECKED: whose key it is. The log's key was taken from the file itself; compare it with the one "
            f"that the operator publishes, or give it with --trust: {certificate.log.public_key}"
        )
    _demand(certificate.log.public_key == trusted_key, "the log's key is not the one that was given with --trust")
    return "The log's key is the one that was given with --trust."


def _check_head(head: Head) -> str:
    content = head_content(head.tree_size, head.root_hash, head.at)
    _demand(is_signed(head.public_key, head.signature, HEAD_DOMAIN, content), "the log's head is not signed by its key")
    return f"The head of the log ({head.tree_size} entries, {head.at}) is signed by the log's key."


def _check_holders(certificate: Certificate) -> str:
    names = [entry.holder for entry in certificate.holders]
    _demand(names == list(OWN_HOLDERS), f"it does not list exactly the holders {', '.join(OWN_HOLDERS)}")
    for entry in certificate.holders:
        _check_receipt(certificate, entry.holder, entry.service, entry.entry.receipt)
    return (
        f"Each of our {len(names)} holders ({', '.join(names)}) signed a receipt for this erasure with its own key, "
        "and its probe afterwards found nothing beyond what is listed as retained."
    )


def _check_recipients(certificate: Certificate) -> str:
    names = [entry.recipient for entry in certificate.recipients]
    _demand(names == list(RECIPIENT_HOLDERS), f"it does not list exactly the recipients {', '.join(RECIPIENT_HOLDERS)}")
    waiting = [entry.recipient for entry in certificate.recipients if entry.state == "waiting"]
    for entry in certificate.recipients:
        _demand((entry.entry is not None) == (entry.state == "done"), f"{entry.recipient} is done without a receipt")
        if entry.entry is not None:
            _check_receipt(certificate, entry.recipient, entry.service, entry.entry.receipt)
    closed = certificate.case.state == "closed"
    _demand(not (closed and waiting), "the case is closed while a recipient is waiting")
    _demand(closed == (certificate.case.closed_at is not None), "the state of the case contradicts its dates")
    if waiting:
        return f"NOT YET COMPLETE at the recipients {', '.join(waiting)}; a new certificate is issued when they are."
    return f"The erasure at each recipient ({', '.join(names)}) has a signed receipt."


def _check_receipt(certificate: Certificate, holder: str, service: str, receipt: SignedReceipt) -> None:
    _demand(service == service_of(holder), f"{holder} does not belong to {service}")
    fault = fault_of(receipt.body, receipt.signature, certificate.receipt_keys.get(service, ""))
    _demand(fault is None, f"the receipt of {holder}: {EXPLANATIONS[fault] if fault else ''}")
    named = tuple(receipt.body[name] for name in ("holder", "service", "command_id", "kind"))
    asked = (holder, service, certificate.command_id, CommandKind.ERASE)
    _demand(named == asked, f"the receipt of {holder} speaks of something else")


def _check_log_places(certificate: Certificate) -> str:
    entries = [entry.entry for entry in certificate.holders]
    entries += [entry.entry for entry in certificate.recipients if entry.entry is not None]
    places = {entry.leaf_index for entry in entries}
    _demand(len(places) == len(entries), "two receipts claim the same place in the log")
    for entry in entries:
        proof = [bytes.fromhex(step) for step in entry.inclusion_proof]
        leaf = receipt_leaf(entry.receipt.model_dump())
        root = merkle.root_by_proof(leaf, entry.leaf_index, certificate.log.tree_size, proof)
        holder = entry.receipt.body["holder"]
        _demand(root == bytes.fromhex(certificate.log.root_hash), f"the receipt of {holder} is not in the log")
    return f"All {len(entries)} receipts stand in the log, by Merkle proof (RFC 9162)."


def _check_retained(certificate: Certificate) -> str:
    receipts = [entry.entry.receipt.body for entry in certificate.holders]
    receipts += [entry.entry.receipt.body for entry in certificate.recipients if entry.entry is not None]
    stated = [entry.model_dump() for entry in certificate.retained]
    closed = certificate.case.state == "closed"
    _demand(stated == retained_by(receipts, closed), "the list of what is retained is not that of the receipts")
    if not stated:
        return "Nothing is retained, as the receipts say."
    stores = "; ".join(f"{entry['holder']}.{entry['store']} until {entry['until']}" for entry in stated)
    return f"What is retained is what the receipts say, each with article, reason and end: {stores}."


def retained_by(receipts: list[dict[str, Json]], closed: bool) -> list[dict[str, str]]:
    """What the receipts say is retained, holder by holder; once closed, without what ended with the recipients."""
    return [
        {"holder": body["holder"], **{name: entry[name] for name in ("store", "article", "reason", "until")}}
        for body in receipts
        for entry in body.get("retained", [])
        if not (closed and entry.get("ends_with") == "recipients")
    ]
