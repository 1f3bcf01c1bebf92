"""A certificate as dsar issues it, made without a bus or a database."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.holder import HOLDERS, OWN_HOLDERS, RECIPIENT_HOLDERS, SERVICES, service_of
from kernel import merkle
from kernel.receipt import RECEIPT_DOMAIN, receipt_leaf
from kernel.signature import public_key_of, sign
from services.dsar.domain.case import CaseView, ErasureRecord, FrozenHolder, LoggedReceipt
from services.dsar.domain.pseudonyms import commitment, nonce
from services.dsar.usecases.certify import IssueCertificate, Signing, as_file

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
COMMAND_ID = "a-command-of-the-test"
ADDRESS = "kim@example.org"
OTHER_LEAVES = 5


class Issuing:
    """The keys of an installation, and certificates under them."""

    def __init__(self) -> None:
        self.seeds = {service: secrets.token_hex(32) for service in SERVICES}
        self.signing = Signing(
            log_seed=secrets.token_hex(32),
            case_key=secrets.token_bytes(32),
            receipt_keys={service: public_key_of(seed) for service, seed in self.seeds.items()},
        )
        self.changes: dict[str, dict[str, Any]] = {}

    @property
    def log_key(self) -> str:
        return public_key_of(self.signing.log_seed)

    async def issue(self, *, waiting: tuple[str, ...] = ()) -> bytes:
        """The file, in its canonical form; `waiting` recipients have no receipt."""
        case = CaseView(
            id="a-case-of-the-test", right="erasure", state="closed", received_at=NOW, due_at=NOW, command_id=COMMAND_ID
        )
        record = self.record(waiting)
        return as_file(await IssueCertificate(_Kept(record), _Noon(), self.signing).issue(case))  # type: ignore[arg-type] # the one method that is used

    def record(self, waiting: tuple[str, ...] = ()) -> ErasureRecord:
        receipts = {holder: self.receipt(holder) for holder in HOLDERS if holder not in waiting}
        leaves = [merkle.leaf_hash(secrets.token_bytes(8)) for _ in range(OTHER_LEAVES)]
        leaves += [receipt_leaf(receipt) for receipt in receipts.values()]
        nodes = {merkle.Subtree(0, index): leaf for index, leaf in enumerate(leaves)}
        for index in range(len(leaves)):
            for subtree in merkle.completed_by(index):
                left, right = (merkle.Subtree(subtree.level - 1, subtree.position * 2 + side) for side in (0, 1))
                nodes[subtree] = merkle.node_hash(nodes[left], nodes[right])
        size = len(leaves)
        logged = {
            holder: LoggedReceipt(
                holder=holder,
                receipt=receipt,
                leaf_index=OTHER_LEAVES + place,
                inclusion_proof=[
                    step.hex() for step in merkle.inclusion_proof(OTHER_LEAVES + place, size, nodes.__getitem__)
                ],
            )
            for place, (holder, receipt) in enumerate(receipts.items())
        }
        return ErasureRecord(
            case_id="a-case-of-the-test",
            command_id=COMMAND_ID,
            state="waiting_for_recipients" if waiting else "closed",
            holders=tuple(
                FrozenHolder(
                    holder=holder,
                    service=service_of(holder),
                    recipient=holder in RECIPIENT_HOLDERS,
                    inventory_hash="0" * 64,
                )
                for holder in HOLDERS
            ),
            received_at=NOW,
            requested_at=NOW,
            completed_at=NOW + timedelta(seconds=2),
            closed_at=None if waiting else NOW + timedelta(seconds=3),
            commitments=[commitment(nonce(self.signing.case_key, "a-case-of-the-test"), ADDRESS)],
            superseded=[],
            receipts=logged,
            tree_size=size,
            root_hash=merkle.root(0, size, nodes.__getitem__).hex(),
        )

    def receipt(self, holder: str) -> dict[str, Any]:
        kept = {"store": "kept", "article": "Art. 5(2)", "reason": "proof", "until": "2029-11-22T12:00:00Z"}
        retained = [kept, {**kept, "store": "kept_for_recipients", "ends_with": "recipients"}]
        body = {
            "domain": RECEIPT_DOMAIN,
            "holder": holder,
            "service": service_of(holder),
            "inventory_hash": "0" * 64,
            "command_id": COMMAND_ID,
            "kind": "erase",
            "salt": secrets.token_hex(32),
            "looked_for": {"account_id": 1},
            "changed": {"rows": 3},
            "retained": retained if holder == OWN_HOLDERS[-1] else [],
            "probe": {"rows": 0},
            "at": "2026-11-22T12:00:01Z",
            **self.changes.get(holder, {}),
        }
        return {"body": body, "signature": sign(self.seeds[service_of(holder)], RECEIPT_DOMAIN, body)}


class _Kept:
    def __init__(self, record: ErasureRecord) -> None:
        self._record = record

    async def record(self, command_id: str) -> ErasureRecord | None:
        return self._record if command_id == self._record.command_id else None


class _Noon:
    def now(self) -> datetime:
        return NOW + timedelta(minutes=1)
