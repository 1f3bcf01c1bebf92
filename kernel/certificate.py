"""What an erasure certificate says, and how its file is read. Pure; no I/O. `kernel.certificate_check` checks it.

Four kinds of Ed25519 signature, each over its own domain and the RFC 8785 form of what is signed: a holder's receipt,
the announcement of a key, the head of the log that both stand in, and the certificate as a whole.
"""

import json
from collections.abc import Sequence
from typing import Literal, cast

from pydantic import ValidationError

from kernel.key_history import KeyRole, LoggedKey
from kernel.log_head import Head
from kernel.receipt import RECEIPT_DOMAIN
from kernel.shapes import Count, Hash, Part, Proof, Signature, Time
from kernel.signature import Json, is_signed

FORMAT = "larabot-erasure-certificate-v2"
FILE_BYTES_MAX = 1024 * 1024


class CertificateRefused(ValueError):
    """The file is no certificate, or does not prove what it says; the message names the check in plain words."""


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
    inclusion_proof: Proof


class HolderEntry(Part):
    """A store of our own, as it was frozen with the case: erased, with its receipt."""

    holder: str
    service: str
    inventory_hash: Hash
    entry: LoggedReceipt


class RecipientEntry(Part):
    """A recipient (Art. 19), as it was frozen with the case: done with a receipt, or still waiting."""

    recipient: str
    service: str
    inventory_hash: Hash
    state: Literal["waiting", "done"]
    entry: LoggedReceipt | None


class RetainedEntry(Part):
    """What stays, on which ground, and until when at most."""

    holder: str
    store: str
    article: str
    reason: str
    until: str


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
    """Stated by the operator, checked by probe. Everything but `signature` is covered by the signature.

    `holders` and `recipients`: exactly those whose receipt the case demanded when it was opened. `keys`: every key that
    the log was signed with, and those that signed these receipts, in the order of the log.
    """

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
    keys: list[LoggedKey]
    log: Head
    signature: Signature

    def receipts(self) -> list[LoggedReceipt]:
        """Every receipt, those of holders first."""
        done = [entry.entry for entry in self.recipients if entry.entry is not None]
        return [*(entry.entry for entry in self.holders), *done]


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


def keys_needed(keys: Sequence[LoggedKey], receipts: Sequence[dict[str, Json]]) -> list[LoggedKey]:
    """Of a log's history: every key of the log itself, and those that signed one of these receipts."""
    return [key for key in keys if key.announcement.body.role is KeyRole.LOG or _signed_one(key, receipts)]


def _signed_one(key: LoggedKey, receipts: Sequence[dict[str, Json]]) -> bool:
    public_key = key.announcement.body.public_key
    return any(is_signed(public_key, one["signature"], RECEIPT_DOMAIN, one["body"]) for one in receipts)


def retained_by(receipts: list[dict[str, Json]], closed: bool) -> list[dict[str, str]]:
    """What the receipts say is retained, holder by holder; once closed, without what ended with the recipients."""
    return [
        {"holder": body["holder"], **{name: entry[name] for name in ("store", "article", "reason", "until")}}
        for body in receipts
        for entry in body.get("retained", [])
        if not (closed and entry.get("ends_with") == "recipients")
    ]
