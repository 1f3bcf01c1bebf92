"""Issue the certificate of an erasure: what was proved, by whom, what stays, and the honest limits."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from contracts import controller
from contracts.dsar import Right, State
from contracts.errors import ErrorKind, Refusal
from kernel.certificate import FORMAT, HEAD_DOMAIN, head_content, retained_by
from kernel.signature import canonical, public_key_of, sign
from services.dsar.domain.case import CaseView, ErasureRecord, FrozenHolder, LoggedReceipt
from services.dsar.domain.pseudonyms import nonce
from services.dsar.domain.time import as_time
from services.dsar.ports import Clock, Commands

BACKUPS_KEPT = timedelta(days=30)

STATEMENT = (
    "Stated by the operator, checked by probe: each holder deleted the rows, read its store again, and signed what "
    "it found with its own key. The receipts stand in an append-only log whose head is signed."
)
BACKUPS = (
    "The platform makes no backups by itself. Encrypted backups or snapshots that the operator makes of its "
    "machines may hold copies until this date at most."
)
LIMITS = (
    "The probes are the holders' own readings of their stores, not those of a third party.",
    "Recipients are listed apart: they erase on their own schedule, and state it themselves.",
    "We sent the language model nothing about you beside the texts; what you wrote in them we do not know.",
    "The logs of the language model's operator are not covered.",
    "Storage hardware and snapshots of the host machine may hold overwritten bytes for a time.",
    "Copies that were downloaded or sent before the erasure are not reached.",
)
SUPERSEDED = {
    True: "Its package could be fetched until this erasure was requested; packages are built when they are fetched, "
    "so nothing of it was stored.",
    False: "It was not finished when this erasure was requested, and ended with it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """The log's seed, the case key that nonces come from, and every service's receipt key."""

    log_seed: str
    case_key: bytes
    receipt_keys: dict[str, str]


class IssueCertificate:
    """Made anew each time that it is asked for, from the receipts and the log as they stand."""

    def __init__(self, commands: Commands, clock: Clock, signing: Signing) -> None:
        self._commands = commands
        self._clock = clock
        self._signing = signing

    async def issue(self, case: CaseView) -> dict[str, Any]:
        """The certificate, signed.

        Raises:
            Refusal: the case is no erasure, or one of our own holders has not proved it yet.
        """
        if case.right != Right.ERASURE or case.command_id is None:
            raise Refusal(ErrorKind.NOT_FOUND, "no-erasure")
        record = await self._commands.record(case.command_id)
        if record is None:
            raise Refusal(ErrorKind.NOT_FOUND, "certificate-not-yet", retry_after_seconds=1)
        body = self._body(record)
        return {**body, "signature": sign(self._signing.log_seed, FORMAT, body)}

    def log_key(self) -> str:
        """The log's public key, in lower-case hex."""
        return public_key_of(self._signing.log_seed)

    def _body(self, record: ErasureRecord) -> dict[str, Any]:
        in_order = [record.receipts[one.holder] for one in record.holders if one.holder in record.receipts]
        return {
            "format": FORMAT,
            "statement": STATEMENT,
            "issued_at": as_time(self._clock.now()),
            "controller": controller.as_members(),
            "case": _case(record),
            "command_id": record.command_id,
            "requested_at": as_time(record.requested_at),
            "subject": {
                "nonce": nonce(self._signing.case_key, record.case_id).hex(),
                "address_commitments": record.commitments,
            },
            "holders": [_holder(one, record.receipts[one.holder]) for one in record.holders if not one.recipient],
            "recipients": [_recipient(one, record.receipts.get(one.holder)) for one in record.holders if one.recipient],
            "retained": retained_by([_receipt_body(logged) for logged in in_order], _is_closed(record)),
            "superseded": [
                {"id": other["id"], "right": other["right"], "statement": SUPERSEDED[bool(other["fetchable"])]}
                for other in record.superseded
            ],
            "backups": {"until": as_time(record.completed_at + BACKUPS_KEPT), "statement": BACKUPS},
            "limits": list(LIMITS),
            "receipt_keys": self._signing.receipt_keys,
            "log": self._head(record),
        }

    def _head(self, record: ErasureRecord) -> dict[str, Any]:
        content = head_content(record.tree_size, record.root_hash, as_time(self._clock.now()))
        seed = self._signing.log_seed
        return {**content, "public_key": self.log_key(), "signature": sign(seed, HEAD_DOMAIN, content)}


def as_file(certificate: dict[str, Any]) -> bytes:
    """The certificate as it is handed out: in its canonical form."""
    return canonical(certificate)


def _case(record: ErasureRecord) -> dict[str, Any]:
    closed = _is_closed(record)
    return {
        "id": record.case_id,
        "right": Right.ERASURE.value,
        "state": State.CLOSED.value if closed else State.WAITING_FOR_RECIPIENTS.value,
        "received_at": as_time(record.received_at),
        "completed_at": as_time(record.completed_at),
        "closed_at": as_time(record.closed_at) if closed and record.closed_at else None,
    }


def _is_closed(record: ErasureRecord) -> bool:
    all_done = all(one.holder in record.receipts for one in record.holders)
    return record.state == State.CLOSED and record.closed_at is not None and all_done


def _receipt_body(logged: LoggedReceipt) -> dict[str, Any]:
    body: Any = logged.receipt["body"]
    return dict(body)


def _holder(frozen: FrozenHolder, logged: LoggedReceipt) -> dict[str, Any]:
    return {"holder": frozen.holder, "service": frozen.service, "entry": _entry(logged)}


def _recipient(frozen: FrozenHolder, logged: LoggedReceipt | None) -> dict[str, Any]:
    state = "waiting" if logged is None else "done"
    entry = None if logged is None else _entry(logged)
    return {"recipient": frozen.holder, "service": frozen.service, "state": state, "entry": entry}


def _entry(logged: LoggedReceipt) -> dict[str, Any]:
    return {
        "receipt": logged.receipt,
        "leaf_index": logged.leaf_index,
        "inclusion_proof": logged.inclusion_proof,
    }
