"""What an erasure does to a service's own tables: prepare recipients, delete, note, look again.

A recipient's record is found through our rows (Brevo's contact id stands beside the subscription), but database
and recipient are separate holders, whose deliveries come in either order. So whichever comes first lets every
recipient copy what it needs into `recipient_erasure`, in one transaction and before any row goes; the inbox sees
to it that this happens once. Both are told the same identifiers (see `chassis.inventory`), so the copy does not
depend on who was first. It goes with the transaction that stores the recipient's receipt, and until then it is on
the database's receipt as retained.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, func, insert, select, update

from chassis.database import Session, affected, insert_into
from chassis.holder.external import ExternalHolder
from chassis.holder.fulfilment import Before, StillHeld
from chassis.holder.own_tables import Counts
from chassis.holder.rows import rows_of
from chassis.inbox import first_time
from chassis.inventory import Inventory
from chassis.sealing import destroy_unused, still_held
from chassis.tables import StandardTables
from contracts.dsar import Claim
from contracts.fulfilment import Command, CommandKind
from contracts.personal_data import Retained


def as_command(holder: str, erasure_id: str, claim: Claim, at: datetime) -> Command:
    """What a claim demands, as a command."""
    return Command(
        command_id=erasure_id,
        kind=CommandKind.ERASE,
        sequence=max(claim.sequence, 1),
        requested_at=claim.requested_at or at,
        locators=claim.locators,
        holders=[holder],
    )


class Erasure:
    """The steps of an erasure within one service's database; each method is one step inside the given session."""

    def __init__(
        self,
        inventory: Inventory,
        tables: StandardTables,
        externals: Mapping[str, ExternalHolder],
        before: Before | None,
    ) -> None:
        self._service = inventory.service
        self._tables = tables
        self._externals = externals
        self._before = before
        personal = inventory.personal_tables()
        self._erasable = [(table, declaration) for table, declaration in personal if declaration.retained is None]
        self.retained: dict[str, Retained] = {
            table.name: declaration.retained for table, declaration in personal if declaration.retained is not None
        }

    def prepare(self, session: Session, erasure_id: str, claim: Claim, at: datetime) -> None:
        """Let each recipient copy what it needs, unless that was done before."""
        for name, external in self._externals.items():
            if first_time(session, self._tables, f"prepare-{name}", erasure_id, at):
                prepared = external.prepare(session, as_command(name, erasure_id, claim, at)).work
                row = {"erasure_id": erasure_id, "holder": name, "prepared": prepared, "created_at": at}
                session.execute(insert(self._pending).values(row))

    def prepared(self, session: Session, erasure_id: str, holder: str) -> dict[str, Any]:
        """What a recipient copied."""
        query = select(self._pending.c.prepared).where(
            self._pending.c.erasure_id == erasure_id, self._pending.c.holder == holder
        )
        prepared: dict[str, Any] = session.execute(query).scalar_one()
        return prepared

    def forget_prepared(self, session: Session, erasure_id: str, holder: str) -> None:
        """Drop what a recipient copied: it has erased."""
        pending = self._pending
        session.execute(delete(pending).where(pending.c.erasure_id == erasure_id, pending.c.holder == holder))

    def delete(self, session: Session, erasure_id: str, claim: Claim, at: datetime) -> Counts:
        """Delete the person's rows from every table that keeps none back; children before parents."""
        if self._before is not None:
            self._before(session, as_command("own", erasure_id, claim, at))
        counts: Counts = {}
        for table, declaration in self._erasable:
            condition = rows_of(table, declaration, claim.locators, claim.requested_at)
            counts[table.name] = affected(session, delete(table).where(condition))
        return counts

    def destroy_keys(self, session: Session) -> None:
        """Destroy the keys of the rows that were deleted, last of all, and look whether they are gone.

        Raises:
            StillHeld: one is not.
        """
        subject_key = self._tables.subject_key
        if subject_key is not None and (left := still_held(session, destroy_unused(session))):
            raise StillHeld(self._service, {subject_key.name: left})

    def probe(self, session: Session, claim: Claim) -> Counts:
        """How many of the person's rows are left, by table: one question, so that all answers are of one moment."""
        if not self._erasable:
            return {}
        counts = (
            select(func.count())
            .select_from(table)
            .where(rows_of(table, declaration, claim.locators, claim.requested_at))
            .scalar_subquery()
            .label(table.name)
            for table, declaration in self._erasable
        )
        return dict(session.execute(select(*counts)).mappings().one())

    def note(self, session: Session, holder: str, erasure_id: str, sequence: int, counts: Counts, at: datetime) -> None:
        """Leave the tombstone: counts of this time are added to those of an earlier, interrupted one."""
        tombstone = self._tables.tombstone
        row = {"erasure_id": erasure_id, "holder": holder, "sequence": sequence, "erased": counts, "erased_at": at}
        if affected(session, insert_into(session, tombstone).values(row).on_conflict_do_nothing()):
            self._raise_watermark(session, holder, sequence)
            return
        mine = (tombstone.c.erasure_id == erasure_id) & (tombstone.c.holder == holder)
        earlier = session.execute(select(tombstone.c.erased).where(mine).with_for_update()).scalar_one()
        total = {store: earlier.get(store, 0) + counts.get(store, 0) for store in {**earlier, **counts}}
        session.execute(update(tombstone).where(mine).values(erased=total))

    def erased(self, session: Session, holder: str, erasure_id: str) -> Counts:
        """How many rows were deleted in all, by table."""
        tombstone = self._tables.tombstone
        query = select(tombstone.c.erased).where(tombstone.c.erasure_id == erasure_id, tombstone.c.holder == holder)
        counts: Counts = session.execute(query).scalar_one()
        return counts

    def _raise_watermark(self, session: Session, holder: str, sequence: int) -> None:
        watermark = self._tables.watermark
        row = insert_into(session, watermark).values(holder=holder, last_erasure_seq=sequence)
        higher = row.excluded.last_erasure_seq
        raised = row.on_conflict_do_update(
            index_elements=["holder"],
            set_={"last_erasure_seq": higher},
            where=watermark.c.last_erasure_seq < higher,
        )
        session.execute(raised)

    @property
    def _pending(self) -> Table:
        if self._tables.recipient_erasure is None:
            raise LookupError("a service with recipients needs standard_tables(…, recipients=True)")
        return self._tables.recipient_erasure
