"""The receipts of one service's holders: stated, signed, stored, and given again byte for byte."""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import bindparam, select

from chassis.database import Session, affected, insert_into, now_in
from chassis.holder.export import as_json
from chassis.inventory import Inventory
from chassis.tables import StandardTables
from contracts.fulfilment import CommandKind, HolderReceipt
from contracts.personal_data import Retained
from kernel.receipt import RECEIPT_DOMAIN, sign

SALT_BYTES = 32

Counts = Mapping[str, int]
Key = tuple[str, str]
"""A command's id and a holder."""


class Receipts:
    """Signs with the service's receipt key, and stores what it signed in the transaction of what it states."""

    def __init__(
        self, inventory: Inventory, tables: StandardTables, seed: str, retained: Mapping[str, Retained]
    ) -> None:
        self._service = inventory.service
        self._inventory_hash = inventory.hash()
        self._tables = tables
        self._seed = seed
        self._retained = dict(sorted(retained.items()))
        receipt = tables.receipt
        self._stored = select(receipt.c.command_id, receipt.c.holder, receipt.c.payload).where(
            receipt.c.command_id.in_(bindparam("command_ids", expanding=True))
        )

    def stored(self, session: Session, command_ids: Collection[str]) -> dict[Key, HolderReceipt]:
        """The receipts that these commands have already."""
        rows = session.execute(self._stored, {"command_ids": list(command_ids)})
        return {(row.command_id, row.holder): HolderReceipt.model_validate_json(row.payload) for row in rows}

    def sign(
        self,
        session: Session,
        holder: str,
        command_id: str,
        kind: CommandKind,
        *,
        looked_for: Counts,
        changed: Counts,
        probe: Counts,
    ) -> HolderReceipt:
        """State what was done, sign and store it; what another replica stored before is given instead."""
        now = now_in(session)
        body: dict[str, JsonValue] = {
            "domain": RECEIPT_DOMAIN,
            "holder": holder,
            "service": self._service,
            "inventory_hash": self._inventory_hash,
            "command_id": command_id,
            "kind": kind.value,
            "salt": secrets.token_hex(SALT_BYTES),
            "looked_for": {**looked_for},
            "changed": {**changed},
            "probe": {**probe},
            "retained": self._kept(now) if kind is CommandKind.ERASE and holder == self._service else [],
            "at": as_json(now),
        }
        receipt = sign(self._seed, body)
        row = {
            "command_id": command_id,
            "holder": holder,
            "payload": receipt.model_dump_json().encode(),
            "signed_at": now,
        }
        if not affected(session, insert_into(session, self._tables.receipt).values(row).on_conflict_do_nothing()):
            return self.stored(session, [command_id])[command_id, holder]  # another replica was faster
        return receipt

    def _kept(self, now: datetime) -> list[JsonValue]:
        return [
            {"store": store, "article": kept.article, "reason": kept.reason, "until": as_json(now + kept.period)}
            | ({"ends_with": "recipients"} if kept.until_recipients else {})
            for store, kept in self._retained.items()
        ]
