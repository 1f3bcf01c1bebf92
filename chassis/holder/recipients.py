"""Commands that recipients (Brevo, PostHog) still owe: each has a row, a clock of its own, and this person's record.

The row is written in the transaction that changes our own tables, and goes in the one that stores the recipient's
receipt. It is no business of retention: what is owed is owed until it is done.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, insert, select, update

from chassis.clock import Clock
from chassis.database import Database, Session, now_in, wake_after_commit
from chassis.holder.external import ExternalHolder, OwedCommand
from chassis.holder.receipts import Receipts
from chassis.sealing import SUBJECT_KEYS, new_key
from chassis.tables import NAME_MAX, StandardTables
from chassis.worker import OneByOne, Step
from contracts.fulfilment import Command, CommandKind

# Longer than a recipient's calls may take together, with their retries.
LEASE = timedelta(minutes=5)
RETRY_FIRST, RETRY_MAX = timedelta(milliseconds=500), timedelta(minutes=15)
TAKEN_BY_ANOTHER = timedelta(seconds=1)

Told = Callable[[], Awaitable[None]]


def owe(
    session: Session, tables: StandardTables, external: ExternalHolder, command: Command, told: Mapping[str, int]
) -> None:
    """Have a recipient carry out a command, once this transaction has committed; asked before, it is owed once."""
    holder, owed = external.store.holder, owed_table(tables)
    mine = (owed.c.command_id == command.command_id) & (owed.c.holder == holder)
    if session.execute(select(owed.c.holder).where(mine)).first() is not None:
        return
    prepared, now = external.prepare(session, command), now_in(session)
    key = new_key(session)
    session.execute(
        insert(owed).values(
            command_id=command.command_id,
            holder=holder,
            kind=command.kind.value,
            sequence=command.sequence,
            looked_for={**told, **prepared.looked_for},
            sealed_by=key.cell,
            work=key.seal(json.dumps(prepared.work)),
            changed=prepared.changed,
            created_at=now,
            next_attempt_at=now,
            failures=0,
        )
    )
    wake_after_commit(session, worker_of(holder))


def hasten(session: Session, tables: StandardTables, holder: str) -> None:
    """Ask a recipient's open commands again as soon as this transaction has committed: something there has ended."""
    owed = owed_table(tables)
    session.execute(update(owed).where(owed.c.holder == holder).values(next_attempt_at=now_in(session)))
    wake_after_commit(session, worker_of(holder))


def worker_of(holder: str) -> str:
    """The name of the worker that sees to what a recipient owes."""
    return f"commands at {holder}"


def owed_table(tables: StandardTables) -> Table:
    """The table of owed commands.

    Raises:
        LookupError: the service was made without it.
    """
    if tables.recipient_command is None:
        raise LookupError("a service with recipients needs standard_tables(…, recipients=True)")
    return tables.recipient_command


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient that a service answers for, and what its calls may raise."""

    holder: ExternalHolder
    refusals: tuple[type[Exception], ...] = ()
    outages: tuple[type[Exception], ...] = ()


class RecipientCommands:
    """What one recipient owes, as a list that a worker takes off, the least tried first."""

    def __init__(
        self, database: Database, tables: StandardTables, external: ExternalHolder, receipts: Receipts, clock: Clock
    ) -> None:
        self._database = database
        self._owed = owed_table(tables)
        self._external = external
        self._holder = external.store.holder
        self._receipts = receipts
        self._clock = clock
        self.on_receipt: Sequence[Told] = ()
        self._taken_back = False

    async def take(self) -> OwedCommand | datetime | None:
        """The next command that is due, leased; else when the next one will be, if any is."""
        now = self._clock.now()
        if not self._taken_back:
            await self._take_back(now)
            self._taken_back = True
        due_at = await self._database.read(self._next_due)
        if due_at is None or due_at > now:
            return due_at
        return await self._database.write(self._take, now) or now + TAKEN_BY_ANOTHER

    async def _take_back(self, now: datetime) -> None:
        """A SQLite file has one process: what is leased at its start was leased by one that is gone."""
        if self._database.dialect == "sqlite":
            taken = update(self._owed).where(self._owed.c.holder == self._holder, self._owed.c.failures > 0)
            await self._database.write(lambda session: session.execute(taken.values(next_attempt_at=now)))

    async def carry_out(self, command: OwedCommand) -> None:
        """Have the recipient do it and look again there; a receipt if nothing is left, else it is tried again later."""
        changed = command.changed + await self._external.carry_out(command)
        left = await self._external.probe(command)
        if left:
            await self._database.write(self._postpone, command, changed, None)
            return
        await self._database.write(self._sign, command, changed)
        for tell in self.on_receipt:
            await tell()

    async def put_off(self, command: OwedCommand, reason: str) -> None:
        """Try it later, and later still the more often it fails."""
        await self._database.write(self._postpone, command, command.changed, reason)

    def step(self, *, refusals: tuple[type[Exception], ...], outages: tuple[type[Exception], ...]) -> Step:
        """What the worker repeats: `refusals` put off one command, `outages` keep the recipient from being asked."""
        return OneByOne(worker_of(self._holder), self, self._clock, refusals=refusals, outages=outages).step

    def _next_due(self, session: Session) -> datetime | None:
        due_at = self._owed.c.next_attempt_at
        query = select(due_at).where(self._owed.c.holder == self._holder).order_by(due_at).limit(1)
        return session.scalars(query).first()

    def _take(self, session: Session, now: datetime) -> OwedCommand | None:
        owed = self._owed
        due = select(owed).where(owed.c.holder == self._holder, owed.c.next_attempt_at <= now)
        least_tried = due.order_by(owed.c.failures, owed.c.next_attempt_at).limit(1)
        row = session.execute(least_tried.with_for_update(skip_locked=True)).mappings().first()
        if row is None:
            return None
        command = OwedCommand(
            command_id=row["command_id"],
            kind=CommandKind(row["kind"]),
            sequence=row["sequence"],
            looked_for=row["looked_for"],
            work=json.loads(row["work"]),
            changed=row["changed"],
            failures=row["failures"] + 1,
        )
        self._update(session, command, failures=command.failures, next_attempt_at=now + LEASE)
        return command

    def _postpone(self, session: Session, command: OwedCommand, changed: int, reason: str | None) -> None:
        later = now_in(session) + min(RETRY_FIRST * (1 << min(command.failures - 1, 16)), RETRY_MAX)
        code = None if reason is None else reason[:NAME_MAX]
        self._update(session, command, changed=changed, reason=code, next_attempt_at=later)

    def _update(self, session: Session, command: OwedCommand, **values: object) -> None:
        session.execute(update(self._owed).where(self._mine(command)).values(values))

    def _sign(self, session: Session, command: OwedCommand, changed: int) -> None:
        self._receipts.sign(
            session,
            self._holder,
            command.command_id,
            command.kind,
            looked_for=command.looked_for,
            changed={self._holder: changed},
            probe={self._holder: 0},
        )
        session.execute(delete(self._owed).where(self._mine(command)))
        wake_after_commit(session, SUBJECT_KEYS)

    def _mine(self, command: OwedCommand) -> ColumnElement[bool]:
        return (self._owed.c.command_id == command.command_id) & (self._owed.c.holder == self._holder)
