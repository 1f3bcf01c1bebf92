"""Issue the certificate of an erasure: what was proved, by whom, what stays, and the honest limits."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from contracts import controller
from contracts.dsar import Right, State
from contracts.errors import ErrorKind, Refusal
from kernel.certificate import FORMAT, keys_needed, retained_by
from kernel.key_history import history_of
from kernel.log_head import sign_head
from kernel.signature import canonical, public_key_of, sign
from services.dsar.domain.case import CaseView, ErasureRecord, FrozenHolder, LoggedReceipt
from services.dsar.domain.log_proofs import LogEvidence
from services.dsar.domain.pseudonyms import nonce
from services.dsar.domain.time import as_time
from services.dsar.ports import Clock, ErasureRecords, ReceiptLog

# How long backups may exist that are not the platform's own: the most that the privacy policy leaves room for.
OTHER_BACKUPS_KEPT = timedelta(days=30)

STATEMENT = (
    "Stated by the operator, checked by probe: each holder deleted the rows, read its store again, and signed what "
    "it found with its own key. The receipts stand in an append-only log whose head is signed."
)
OWN_BACKUPS = (
    "Encrypted backups from before the erasure may hold copies until this date at most; then the keys that open them "
    "have been destroyed."
)
OTHER_BACKUPS = (
    "The platform makes no backups by itself. Encrypted backups or snapshots that the operator makes of its "
    "machines may hold copies until this date at most."
)
LIMITS = (
    "The probes are the holders' own readings of their stores, not those of a third party.",
    "Recipients are listed apart: they erase on their own schedule, and state it themselves.",
    "We sent the language model nothing about you beside the texts; what you wrote in them we do not know.",
    "The logs of the language model's operator are not covered.",
    "Storage hardware and snapshots of the host machine may hold overwritten bytes for a time.",
    "Others can check from the next public head on, within a day, that these receipts stand in the public log.",
    "Copies that were downloaded or sent before the erasure are not reached.",
)
SUPERSEDED = {
    True: "Its package could be fetched until this erasure was requested; packages are built when they are fetched, "
    "so nothing of it was stored.",
    False: "It was not finished when this erasure was requested, and ended with it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """The log's seed, and the case key that nonces come from."""

    log_seed: str
    case_key: bytes


class IssueCertificate:
    """Made anew each time that it is asked for, from the receipts and the log as they stand."""

    def __init__(
        self,
        erasures: ErasureRecords,
        log: ReceiptLog,
        clock: Clock,
        signing: Signing,
        backups_kept: timedelta | None,
    ) -> None:
        """`backups_kept`: how long the platform's own backups can be opened; None if it makes none."""
        self._erasures = erasures
        self._log = log
        self._clock = clock
        self._signing = signing
        self._backups_kept = backups_kept

    async def issue(self, case: CaseView) -> dict[str, Any]:
        """The certificate, signed.

        Raises:
            Refusal: the case is no erasure, one of our own holders has not proved it yet, or the log is signed with
                another key than ours by now.
        """
        if case.right != Right.ERASURE or case.command_id is None:
            raise Refusal(ErrorKind.NOT_FOUND, "no-erasure")
        record = await self._erasures.record(case.command_id)
        if record is None:
            raise Refusal(ErrorKind.NOT_FOUND, "certificate-not-yet", retry_after_seconds=1)
        evidence = await self._log.evidence([logged.leaf_index for logged in record.receipts.values()])
        if history_of(evidence.keys).log_keys[-1] != public_key_of(self._signing.log_seed):
            raise Refusal(ErrorKind.UNAVAILABLE, "log-key-replaced")
        body = self._body(record, evidence)
        return {**body, "signature": sign(self._signing.log_seed, FORMAT, body)}

    def _body(self, record: ErasureRecord, evidence: LogEvidence) -> dict[str, Any]:
        now = as_time(self._clock.now())
        head = sign_head(self._signing.log_seed, evidence.tree_size, evidence.root_hash, now)
        holders = sorted(record.holders, key=lambda one: one.recipient)
        in_order = [record.receipts[one.holder] for one in holders if one.holder in record.receipts]
        return {
            "format": FORMAT,
            "statement": STATEMENT,
            "issued_at": now,
            "controller": controller.as_members(),
            "case": _case(record),
            "command_id": record.command_id,
            "requested_at": as_time(record.requested_at),
            "subject": {
                "nonce": nonce(self._signing.case_key, record.case_id).hex(),
                "address_commitments": record.commitments,
            },
            "holders": [
                _holder(one, record.receipts[one.holder], evidence) for one in record.holders if not one.recipient
            ],
            "recipients": [
                _recipient(one, record.receipts.get(one.holder), evidence) for one in record.holders if one.recipient
            ],
            "retained": retained_by([logged.receipt["body"] for logged in in_order], _is_closed(record)),
            "superseded": [
                {"id": other["id"], "right": other["right"], "statement": SUPERSEDED[bool(other["fetchable"])]}
                for other in record.superseded
            ],
            "backups": self._backups(record),
            "limits": list(LIMITS),
            "keys": [
                key.model_dump(mode="json")
                for key in keys_needed(evidence.keys, [logged.receipt for logged in in_order])
            ],
            "log": head.model_dump(),
        }

    def _backups(self, record: ErasureRecord) -> dict[str, Any]:
        kept, statement = self._backups_kept, OWN_BACKUPS
        if kept is None:
            kept, statement = OTHER_BACKUPS_KEPT, OTHER_BACKUPS
        return {"until": as_time(record.completed_at + kept), "statement": statement}


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


def _holder(frozen: FrozenHolder, logged: LoggedReceipt, evidence: LogEvidence) -> dict[str, Any]:
    return {
        "holder": frozen.holder,
        "service": frozen.service,
        "inventory_hash": frozen.inventory_hash,
        "entry": _entry(logged, evidence),
    }


def _recipient(frozen: FrozenHolder, logged: LoggedReceipt | None, evidence: LogEvidence) -> dict[str, Any]:
    return {
        "recipient": frozen.holder,
        "service": frozen.service,
        "inventory_hash": frozen.inventory_hash,
        "state": "waiting" if logged is None else "done",
        "entry": None if logged is None else _entry(logged, evidence),
    }


def _entry(logged: LoggedReceipt, evidence: LogEvidence) -> dict[str, Any]:
    return {
        "receipt": logged.receipt,
        "leaf_index": logged.leaf_index,
        "inclusion_proof": evidence.proofs[logged.leaf_index],
    }
