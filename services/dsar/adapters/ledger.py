"""The ledger of commands in SQL: entered with the command, read and matched by services that start."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, text

from chassis.database import Database, Session, affected, insert_into, now_in
from chassis.outbox import enqueue
from contracts.fulfilment import CommandKind
from contracts.ledger import ENTRIES_MAX, LEDGER_ENTERED, Entry, EntryState, KeyedHash, LedgerPage
from services.dsar.ports import Concerned
from services.dsar.tables import LEDGER_KEPT, TABLES, CommandRow, LedgerEntry, LedgerHash

ENTRY: Any = LedgerEntry.__table__  # type: ignore[attr-defined] # every table model has one
HASH: Any = LedgerHash.__table__  # type: ignore[attr-defined]
COMMAND: Any = CommandRow.__table__  # type: ignore[attr-defined]


def enter(session: Session, command_id: str, kind: CommandKind, hashes: Sequence[KeyedHash], at: datetime) -> int:
    """Enter a command, in the database and by the outbox in the stream; its sequence."""
    row = {"command_id": command_id, "kind": kind.value, "recorded_at": at}
    sequence: int = session.execute(insert(ENTRY).values(row).returning(ENTRY.c.sequence)).scalar_one()
    entry = Entry(sequence=sequence, command_id=command_id, kind=kind, recorded_at=at, hashes=list(hashes))
    _keep_hashes(session, entry)
    _publish(session, entry)
    return sequence


class SqlLedger:
    """The ledger in dsar's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, after: int) -> LedgerPage:
        """A page of what was entered after a sequence."""
        return await self._database.read(_page, after)

    async def concerned(self, after: int, hashes: Collection[str]) -> list[Concerned]:
        """The commands after a sequence that concern somebody with one of these hashes, in order."""
        return await self._database.read(_concerned, after, list(hashes))

    async def reconcile(self, stream: Mapping[str, Entry]) -> tuple[int, int]:
        """Take over what only the stream has, and publish what only the database has; how many of each."""
        return await self._database.write(_reconcile, stream)


def _page(session: Session, after: int) -> LedgerPage:
    is_open = COMMAND.c.command_id.is_not(None) & COMMAND.c.closed_at.is_(None)
    query = select(ENTRY, is_open.label("is_open")).outerjoin(COMMAND, COMMAND.c.command_id == ENTRY.c.command_id)
    rows = session.execute(
        query.where(ENTRY.c.sequence > after).order_by(ENTRY.c.sequence).limit(ENTRIES_MAX + 1)
    ).all()
    entries = [
        EntryState(sequence=row.sequence, command_id=row.command_id, kind=CommandKind(row.kind), is_open=row.is_open)
        for row in rows[:ENTRIES_MAX]
    ]
    return LedgerPage(entries=entries, is_last=len(rows) <= ENTRIES_MAX)


def _concerned(session: Session, after: int, hashes: list[str]) -> list[Concerned]:
    query = select(ENTRY, HASH.c.hash).join(HASH, HASH.c.sequence == ENTRY.c.sequence)
    query = query.where(ENTRY.c.sequence > after, HASH.c.hash.in_(hashes)).order_by(ENTRY.c.sequence)
    return [
        Concerned(row.command_id, row.sequence, CommandKind(row.kind), row.recorded_at, row.hash)
        for row in session.execute(query)
    ]


def _reconcile(session: Session, stream: Mapping[str, Entry]) -> tuple[int, int]:
    oldest = now_in(session) - LEDGER_KEPT
    known = set(session.scalars(select(ENTRY.c.command_id).where(ENTRY.c.recorded_at > oldest)))
    taken = [entry for entry in stream.values() if entry.command_id not in known and entry.recorded_at > oldest]
    for entry in sorted(taken, key=lambda entry: entry.sequence):
        _take_over(session, entry)
    _continue_after(session)
    missing = known - set(stream)
    for entry in _entries(session, missing):
        _publish(session, entry)
    return len(taken), len(missing)


def _take_over(session: Session, entry: Entry) -> None:
    """Under its own sequence; if another command has that by now, under the next free one."""
    row = {"command_id": entry.command_id, "kind": entry.kind.value, "recorded_at": entry.recorded_at}
    own = insert_into(session, ENTRY).values(row | {"sequence": entry.sequence}).on_conflict_do_nothing()
    if not affected(session, own):
        _continue_after(session)
        sequence = session.execute(insert(ENTRY).values(row).returning(ENTRY.c.sequence)).scalar_one()
        entry = entry.model_copy(update={"sequence": sequence})
    _keep_hashes(session, entry)


def _continue_after(session: Session) -> None:
    """PostgreSQL does not notice sequences that were given; SQLite does."""
    if session.get_bind().dialect.name == "postgresql":
        highest = session.scalar(select(func.max(ENTRY.c.sequence)))
        if highest is not None:
            session.execute(
                text("SELECT setval(pg_get_serial_sequence('ledger_entry', 'sequence'), :highest)"),
                {"highest": highest},
            )


def _entries(session: Session, command_ids: Collection[str]) -> list[Entry]:
    found = []
    for row in session.execute(select(ENTRY).order_by(ENTRY.c.sequence)):
        if row.command_id in command_ids:
            hashes = session.execute(select(HASH).where(HASH.c.sequence == row.sequence))
            keyed = [KeyedHash(kind=each.kind, hash=each.hash) for each in hashes]
            found.append(
                Entry(
                    sequence=row.sequence,
                    command_id=row.command_id,
                    kind=CommandKind(row.kind),
                    recorded_at=row.recorded_at,
                    hashes=keyed,
                )
            )
    return found


def _keep_hashes(session: Session, entry: Entry) -> None:
    rows = {each.hash: each.kind.value for each in entry.hashes}
    if rows:
        at = entry.recorded_at
        session.execute(
            insert(HASH),
            [
                {
                    "sequence": entry.sequence,
                    "command_id": entry.command_id,
                    "kind": kind,
                    "hash": hashed,
                    "recorded_at": at,
                }
                for hashed, kind in rows.items()
            ],
        )


def _publish(session: Session, entry: Entry) -> None:
    payload = entry.model_dump_json().encode()
    enqueue(session, TABLES, LEDGER_ENTERED.subject, payload, f"ledger.{entry.command_id}")
