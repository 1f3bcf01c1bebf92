"""A certificate as dsar issues it, made without a bus or a database."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.holder import HOLDERS, OWN_HOLDERS, RECIPIENT_HOLDERS, SERVICES, service_of
from kernel import merkle
from kernel.key_history import LoggedKey
from kernel.receipt import RECEIPT_DOMAIN, receipt_leaf
from kernel.signature import public_key_of, sign
from services.dsar.domain.case import CaseView, ErasureRecord, FrozenHolder, LoggedReceipt
from services.dsar.domain.log_keys import KeysOfSettings
from services.dsar.domain.pseudonyms import commitment, nonce
from services.dsar.usecases.certify import IssueCertificate, Signing, as_file
from services.dsar.usecases.keep_log import KeepLog
from tests.support.clock import FakeClock
from tests.support.receipt_logs import FakeReceiptLog

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
COMMAND_ID = "a-command-of-the-test"
ADDRESS = "kim@example.org"
INVENTORY_HASH = "0" * 64
BACKUPS_KEPT = timedelta(days=30)
OTHER_LEAVES = 5


class Issuing:
    """An installation with its keys and its log, and certificates under them.

    `changes` alters what a holder states; `services` are the services of holders, at first as they are declared.
    """

    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.log = FakeReceiptLog()
        self.log_seed = secrets.token_hex(32)
        self.replaced_log_seed: str | None = None
        self.seeds = {service: secrets.token_hex(32) for service in SERVICES}
        self.case_key = secrets.token_bytes(32)
        self.services = {holder: service_of(holder) for holder in HOLDERS}
        self.recipients = list(RECIPIENT_HOLDERS)
        self.changes: dict[str, dict[str, Any]] = {}

    @property
    def log_key(self) -> str:
        return public_key_of(self.log_seed)

    async def announce(self) -> None:
        """As dsar does at its start, under the keys as they are now."""
        receipt_keys = {service: public_key_of(seed) for service, seed in self.seeds.items()}
        keys = KeysOfSettings(
            log_seed=self.log_seed, replaced_log_seed=self.replaced_log_seed, receipt_keys=receipt_keys
        )
        await KeepLog(self.log, self.clock, keys).keep()

    async def replace_log_key(self) -> None:
        self.replaced_log_seed, self.log_seed = self.log_seed, secrets.token_hex(32)
        await self.announce()

    async def published_keys(self) -> list[LoggedKey]:
        published = await self.log.published_keys()
        assert published is not None
        return list(published.keys)

    async def issue(self, *, waiting: tuple[str, ...] = (), kept: timedelta | None = BACKUPS_KEPT) -> bytes:
        """The file, in its canonical form; `waiting` recipients have no receipt."""
        if await self.log.head() is None:
            await self.announce()
        return await self.issued_for(await self.record(waiting), kept)

    async def issued_for(self, record: ErasureRecord, kept: timedelta | None = BACKUPS_KEPT) -> bytes:
        """The certificate of an erasure, issued now."""
        case = CaseView(
            id=record.case_id, right="erasure", state="closed", received_at=NOW, due_at=NOW, command_id=COMMAND_ID
        )
        signing = Signing(log_seed=self.log_seed, case_key=self.case_key)
        return as_file(await IssueCertificate(_Kept(record), self.log, self.clock, signing, kept).issue(case))

    async def record(self, waiting: tuple[str, ...] = ()) -> ErasureRecord:
        """An erasure whose receipts were appended to the log."""
        await self.log.append([merkle.leaf_hash(secrets.token_bytes(8)) for _ in range(OTHER_LEAVES)])
        logged = {}
        for holder in self.services:
            if holder not in waiting:
                receipt = self.receipt(holder)
                index = await self.log.append([receipt_leaf(receipt)])
                logged[holder] = LoggedReceipt(holder=holder, receipt=receipt, leaf_index=index)
        return ErasureRecord(
            case_id="a-case-of-the-test",
            command_id=COMMAND_ID,
            holders=tuple(self._frozen(holder) for holder in self.services),
            state="waiting_for_recipients" if waiting else "closed",
            received_at=NOW,
            requested_at=NOW,
            completed_at=NOW + timedelta(seconds=2),
            closed_at=None if waiting else NOW + timedelta(seconds=3),
            commitments=[commitment(nonce(self.case_key, "a-case-of-the-test"), ADDRESS)],
            superseded=[],
            receipts=logged,
        )

    def _frozen(self, holder: str) -> FrozenHolder:
        return FrozenHolder(
            holder=holder,
            service=self.services[holder],
            recipient=holder in self.recipients,
            inventory_hash=INVENTORY_HASH,
        )

    def receipt(self, holder: str) -> dict[str, Any]:
        kept = {"store": "kept", "article": "Art. 5(2)", "reason": "proof", "until": "2029-11-22T12:00:00Z"}
        retained = [kept, {**kept, "store": "kept_for_recipients", "ends_with": "recipients"}]
        body = {
            "domain": RECEIPT_DOMAIN,
            "holder": holder,
            "service": self.services[holder],
            "inventory_hash": INVENTORY_HASH,
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
        return {"body": body, "signature": sign(self.seeds[self.services[holder]], RECEIPT_DOMAIN, body)}


class _Kept:
    def __init__(self, record: ErasureRecord) -> None:
        self._record = record

    async def record(self, command_id: str) -> ErasureRecord | None:
        return self._record if command_id == self._record.command_id else None
