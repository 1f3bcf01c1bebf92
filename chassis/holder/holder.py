"""The holder of personal data of one service: answers exports and carries out erasures to the signed receipt.

Erasure, as a delivery of “erasure requested” for one holder (the service's database, or a recipient):

    receipt stored? → publish the same bytes again, done
    claim           → whom it concerns, from dsar; the answer is never stored
    erase           → one transaction: recipients prepared, rows deleted, tombstone
    truncate_wal, probe   → no byte in the log, no row in the store; else the delivery is repeated
    sign            → one transaction: receipt, outbox row

The process may die between any two steps: a repeated delivery does what is left and ends alike. The database's
receipt does not wait for recipients, nor theirs for the database's.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import select

from chassis.clock import Clock
from chassis.database import Database, Session, affected, insert_into
from chassis.holder.erasure import Erasure
from chassis.holder.export import Exporter, as_json
from chassis.holder.external import ExternalHolder, OwedCommand
from chassis.holder.fulfilment import Before, Fulfilment, StillHeld
from chassis.holder.own_tables import Counts, OwnTables
from chassis.holder.receipts import Receipts
from chassis.holder.recipients import RecipientCommands
from chassis.holder.replay import LedgerSource, Replay
from chassis.inventory import Inventory, UndeclaredStore
from chassis.outbox import OutboxRelay, enqueue
from chassis.tables import StandardTables
from contracts.dsar import ERASURE_COMPLETED, Claim
from contracts.fulfilment import Command, CommandKind, HolderAnswer
from contracts.holder import ExportPage, ExportRequest
from kernel.erasure_receipt import RECEIPT_DOMAIN, sign

SALT_BYTES = 32

Claimer = Callable[[str, str], Awaitable[Claim]]


class PersonalDataHolder:
    """Everything that dsar asks of a service, derived from its inventory.

    `before` runs in the transaction of a command of its kind, ahead of the changes, for a service that must leave
    something else behind (evidence without the person). It must bear being repeated.
    """

    def __init__(  # noqa: PLR0913 — what a service is made of, given by name once
        self,
        *,
        service: str,
        database: Database,
        inventory: Inventory,
        tables: StandardTables,
        clock: Clock,
        receipt_seed: str,
        claim: Claimer,
        relay: OutboxRelay,
        externals: Mapping[str, ExternalHolder],
        before: Mapping[CommandKind, Before] | None = None,
    ) -> None:
        _refuse_mismatch(inventory, externals)
        self._service = service
        self._database = database
        self._inventory = inventory
        self._tables = tables
        self._clock = clock
        self._seed = receipt_seed
        self._claim = claim
        self._relay = relay
        self._externals = externals
        self._exporter = Exporter(database, inventory, externals)
        before = before or {}
        self._erasure = Erasure(inventory, tables, externals, before.get(CommandKind.ERASE))
        own = OwnTables(inventory, tables)
        receipts = Receipts(inventory, tables, receipt_seed, own.retained)
        self._fulfilment = Fulfilment(inventory, tables, externals, receipts, own, before)
        self.recipients: dict[str, RecipientCommands] = {
            name: RecipientCommands(database, tables, external, receipts, clock) for name, external in externals.items()
        }
        self._inventory_hash = inventory.hash()

    def replay_from(self, source: LedgerSource) -> Replay:
        """What brings a restored database to the head of the ledger."""
        return Replay(self._database, self._inventory, self._tables, source, self._fulfilment.replay)

    async def export(self, request: ExportRequest) -> ExportPage:
        """A page of a person's rows from every store of the service, recipients included."""
        return await self._exporter.page(request)

    async def fulfil(self, commands: Sequence[Command]) -> list[HolderAnswer]:
        """Carry out a batch of commands in one transaction; returns an answer for each command and each of its holders.

        A command that fails is answered with a code and undone alone. Asked again, it gives the same receipts.

        Raises:
            Exception: the database is away (`chassis.database.is_away`); nothing was done.
            StillBusy: it was done, but the write-ahead log could not be emptied; ask again.
        """
        answers = await self._database.write(self._fulfilment.carry_out, commands)
        await self._database.truncate_wal()
        return answers

    async def erase(self, holder: str, erasure_id: str) -> None:
        """Carry out an erasure for one holder, or what is left of it; returns once its receipt is in the outbox.

        Raises:
            StillHeld, StillBusy: not done yet; to be repeated. So is anything that dsar, the database or a
                recipient raises.
        """
        if holder != self._service and holder not in self._externals:
            raise LookupError(f"{self._service} does not answer for {holder}")
        if await self._published_again(holder, erasure_id):
            return
        claim = await self._claim(erasure_id, holder)
        if claim.done:
            return
        if holder == self._service:
            probe = await self._erase_rows(erasure_id, claim)
        else:
            probe = await self._erase_at_recipient(holder, erasure_id, claim)
        if any(probe.values()):
            raise StillHeld(holder, probe)
        await self._sign(holder, erasure_id, probe)

    async def _erase_rows(self, erasure_id: str, claim: Claim) -> Counts:
        now = self._clock.now()

        def erase(session: Session) -> None:
            self._erasure.prepare(session, erasure_id, claim, now)
            counts = self._erasure.delete(session, erasure_id, claim, now)
            self._erasure.note(session, self._service, erasure_id, claim.sequence, counts, now)
            self._erasure.destroy_keys(session)

        await self._database.write(erase)
        await self._database.truncate_wal()
        return await self._database.read(self._erasure.probe, claim)

    async def _erase_at_recipient(self, holder: str, erasure_id: str, claim: Claim) -> Counts:
        now = self._clock.now()
        external = self._externals[holder]

        def prepare(session: Session) -> dict[str, Any]:
            self._erasure.prepare(session, erasure_id, claim, now)
            return self._erasure.prepared(session, erasure_id, holder)

        prepared = await self._database.write(prepare)
        owed = OwedCommand(
            command_id=erasure_id,
            kind=CommandKind.ERASE,
            sequence=claim.sequence,
            looked_for={},
            work=prepared,
            changed=0,
            failures=0,
        )
        erased = await external.carry_out(owed)
        await self._database.write(self._erasure.note, holder, erasure_id, claim.sequence, {holder: erased}, now)
        return {holder: await external.probe(owed)}

    async def _sign(self, holder: str, erasure_id: str, probe: Counts) -> None:
        now = self._clock.now()
        erased = await self._database.read(self._erasure.erased, holder, erasure_id)
        signed = sign(self._seed, self._body(holder, erasure_id, erased, probe, now)).model_dump_json().encode()
        await self._database.write(self._store, holder, erasure_id, signed, now)
        await self._published(holder)

    def _store(self, session: Session, holder: str, erasure_id: str, signed: bytes, now: datetime) -> None:
        row = {"command_id": erasure_id, "holder": holder, "payload": signed, "signed_at": now}
        stored = insert_into(session, self._tables.receipt).values(row).on_conflict_do_nothing()
        if not affected(session, stored):
            # Another replica was faster: its receipt is the one.
            signed = self._stored_receipt(session, holder, erasure_id) or signed
        if holder != self._service:
            self._erasure.forget_prepared(session, erasure_id, holder)
        self._enqueue(session, holder, erasure_id, signed)

    async def _published_again(self, holder: str, erasure_id: str) -> bool:
        signed = await self._database.read(self._stored_receipt, holder, erasure_id)
        if signed is None:
            return False
        await self._database.write(self._enqueue, holder, erasure_id, signed)
        await self._published(holder)
        return True

    async def _published(self, holder: str) -> None:
        self._relay.wake()
        if holder != self._service:
            await self._database.truncate_wal()  # the recipient's copied ids are to leave the log as well

    def _stored_receipt(self, session: Session, holder: str, erasure_id: str) -> bytes | None:
        receipt = self._tables.receipt
        query = select(receipt.c.payload).where(receipt.c.command_id == erasure_id, receipt.c.holder == holder)
        payload: bytes | None = session.execute(query).scalar_one_or_none()
        return payload

    def _enqueue(self, session: Session, holder: str, erasure_id: str, signed: bytes) -> None:
        subject = ERASURE_COMPLETED.subject_for(holder)
        enqueue(session, self._tables, subject, signed, f"receipt.{holder}.{erasure_id}")

    def _body(self, holder: str, erasure_id: str, erased: Counts, probe: Counts, now: datetime) -> dict[str, JsonValue]:
        return {
            "domain": RECEIPT_DOMAIN,
            "holder": holder,
            "service": self._service,
            "inventory_hash": self._inventory_hash,
            "erasure_id": erasure_id,
            "salt": secrets.token_hex(SALT_BYTES),
            "erased": {**erased},
            "retained": self._retained(now) if holder == self._service else [],
            "probe": {**probe},
            "clean": not any(probe.values()),
            "at": as_json(now),
        }

    def _retained(self, now: datetime) -> list[JsonValue]:
        return [
            {"store": store, "article": kept.article, "reason": kept.reason, "until": as_json(now + kept.period)}
            | ({"ends_with": "recipients"} if kept.until_recipients else {})
            for store, kept in sorted(self._erasure.retained.items())
        ]


def _refuse_mismatch(inventory: Inventory, externals: Mapping[str, ExternalHolder]) -> None:
    declared = {store.holder for store in inventory.external}
    if declared != set(externals):
        names = ", ".join(sorted(declared ^ set(externals)))
        raise UndeclaredStore(f"{inventory.service}: declared or answered for, but not both: {names}")
