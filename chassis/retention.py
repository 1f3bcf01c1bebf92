"""Retention: rows past their period are deleted, whether or not anybody asks."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import ColumnElement, Table, delete, select, true, tuple_

from chassis.clock import Clock
from chassis.database import Database, Session, StillBusy, affected, wake_after_commit
from chassis.holder.restrictions import is_free
from chassis.inventory import Inventory
from chassis.sealing import SUBJECT_KEYS
from chassis.tables import TRACES_KEPT, StandardTables, trace_columns
from chassis.telemetry import Log
from chassis.worker import regularly

BATCH_MAX = 500
EVERY_SECONDS = 60.0

log = Log("retention")

Report = Callable[[str, int], None]


class Retention:
    """Sweeps a service's own tables; `report(store, count)` is told what was deleted."""

    def __init__(
        self,
        database: Database,
        inventory: Inventory,
        tables: StandardTables,
        clock: Clock,
        report: Report = lambda store, count: log.info("retention swept", store=store, count=count),
    ) -> None:
        self._database = database
        self._clock = clock
        self._report = report
        self._periods: list[tuple[Table, str, timedelta, ColumnElement[bool]]] = [
            (table, declaration.expires, declaration.retention, is_free(table, declaration, tables))
            for table, declaration in inventory.personal_tables()
            if declaration.expires is not None
        ]
        self._periods += [(table, column, TRACES_KEPT, true()) for table, column in trace_columns(tables)]

    async def run(self) -> None:
        """Sweep about once a minute until cancelled; replicas drift apart."""
        await regularly("retention", EVERY_SECONDS, self._sweep, first_after_seconds=0, failures=(StillBusy,))

    async def _sweep(self) -> None:
        await self.sweep()

    async def sweep(self) -> dict[str, int]:
        """Delete every row whose period is over; returns how many per store, where there were any.

        The rows of whoever had the use of their data restricted stay (Art. 18(2)), and so does work that is owed.
        """
        counts: dict[str, int] = {}
        for table, column, period, is_swept in self._periods:
            count = await self._sweep_table(table, (table.c[column] < self._clock.now() - period) & is_swept)
            if count:
                counts[table.name] = count
                self._report(table.name, count)
        if counts:
            await self._database.truncate_wal()
        return counts

    async def _sweep_table(self, table: Table, due: ColumnElement[bool]) -> int:
        total = 0
        while True:
            count = await self._database.write(_delete_some, table, due)
            total += count
            if count < BATCH_MAX:
                return total


def _delete_some(session: Session, table: Table, due: ColumnElement[bool]) -> int:
    """Delete a bounded number of rows, so that no other write waits long."""
    key = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(due).limit(BATCH_MAX)
    wake_after_commit(session, SUBJECT_KEYS)
    return affected(session, delete(table).where(key.in_(some)))
