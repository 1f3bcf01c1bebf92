"""The counters in the database. A row counts what was used and what a ledger has reserved and not yet used.

So the sum of what all ledgers allow never passes the limit, whatever becomes of one of them: a ledger that crashes
leaves at most the rest of its blocks counted as used.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Column, Integer, MetaData, String, Table, bindparam, delete, select, update

from chassis.database import Session, UtcDateTime, affected, insert_into
from chassis.tables import DECLARATION
from contracts.personal_data import Category, LegalBasis, Locator, PersonalData

# Shorter than the gateway can derive a day's key: an erasure finds every counter that still exists.
COUNTERS_KEPT = timedelta(days=1, hours=1)
KEY_MAX, NAME_MAX = 64, 40
# A block is this part of what is left of the day, so that blocks shrink as the limit comes near.
BLOCK_PART, BLOCK_MAX = 16, 64


class Slot(NamedTuple):
    """What is counted: a day (UTC, ISO 8601), the day's pseudonym of an account, and a tool or family of tools."""

    day: str
    quota_key: str
    tool: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A block to be reserved. `waiting` uses wait for it, `in_hand` are left of the block before."""

    slot: Slot
    limit: int
    waiting: int
    in_hand: int


@dataclass(frozen=True, slots=True)
class Granted:
    """The uses that were reserved; `is_last`: the day has no more."""

    uses: int
    is_last: bool


def quota_counter(metadata: MetaData) -> Table:
    """Add the counters to a service's metadata."""
    return Table(
        "quota_counter",
        metadata,
        Column("day", String(10), primary_key=True),
        Column("quota_key", String(KEY_MAX), primary_key=True),
        Column("tool", String(NAME_MAX), primary_key=True),
        Column("count", Integer, nullable=False),
        Column("day_began_at", UtcDateTime, nullable=False, index=True),
        info={
            DECLARATION: PersonalData(
                categories=(Category.USAGE,),
                purpose="keep the service usable for all: how often a tool was used today",
                legal_basis=LegalBasis.LEGITIMATE_INTERESTS,
                retention=COUNTERS_KEPT,
                located_by={Locator.QUOTA_KEY: "quota_key"},
                expires="day_began_at",
                ends_on_objection=False,  # without the count there is no limit, and no service for the others
                source="use of the service",
            )
        },
    )


class QuotaCounters:
    """Units of work on the counters of one service."""

    def __init__(self, table: Table) -> None:
        self._table = table
        slot = (
            (table.c.day == bindparam("slot_day"))
            & (table.c.quota_key == bindparam("slot_quota_key"))
            & (table.c.tool == bindparam("slot_tool"))
        )
        self._counted = select(table.c.count).where(slot).with_for_update()
        self._count = update(table).where(slot).values(count=bindparam("new_count"))
        unused = bindparam("unused", type_=Integer)
        self._give_back = update(table).where(slot, table.c.count >= unused).values(count=table.c.count - unused)
        self._forget = delete(table).where(table.c.quota_key.in_(bindparam("keys", expanding=True)))

    def settle(
        self, session: Session, wanted: Sequence[Wanted], unused: Mapping[Slot, int], forgotten: Collection[str]
    ) -> list[Granted]:
        """Give back what was not used, drop the counters of forgotten keys, and reserve the blocks that are wanted.

        In the order of the slots, so that two services' transactions never wait for each other in a ring.
        """
        for slot in sorted(unused):
            session.execute(self._give_back, {**_named(slot), "unused": unused[slot]})
        if forgotten:
            session.execute(self._forget, {"keys": list(forgotten)})
        granted: list[Granted | None] = [None] * len(wanted)
        for number in sorted(range(len(wanted)), key=lambda number: wanted[number].slot):
            granted[number] = self._reserve(session, wanted[number])
        return [one for one in granted if one is not None]

    def _reserve(self, session: Session, wanted: Wanted) -> Granted:
        named = _named(wanted.slot)
        count = session.execute(self._counted, named).scalar()
        if count is None:
            uses = block_of(wanted.limit, wanted)
            if self._is_first(session, wanted.slot, uses):
                return Granted(uses, is_last=uses >= wanted.limit)
            count = session.execute(self._counted, named).scalar_one()  # another replica was faster
        room = max(0, wanted.limit - count)
        uses = block_of(room, wanted)
        if uses:
            session.execute(self._count, {**named, "new_count": count + uses})
        return Granted(uses, is_last=uses >= room)

    def _is_first(self, session: Session, slot: Slot, uses: int) -> bool:
        """Make the row of a slot; whether there was none."""
        began = datetime.fromisoformat(slot.day).replace(tzinfo=UTC)
        row = {**slot._asdict(), "count": uses, "day_began_at": began}
        return bool(affected(session, insert_into(session, self._table).values(row).on_conflict_do_nothing()))


def block_of(room: int, wanted: Wanted) -> int:
    """How many uses to reserve of those that are left: for all who wait, and some more while there are many."""
    block = max(1, min(BLOCK_MAX, room // BLOCK_PART))
    return min(room, max(wanted.waiting, block - wanted.in_hand))


def _named(slot: Slot) -> dict[str, str]:
    return {"slot_day": slot.day, "slot_quota_key": slot.quota_key, "slot_tool": slot.tool}
