"""How a database would find what it was asked for: the statements of some work, explained at volume."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, Table, create_engine, event, func, select

from chassis.database import Database
from chassis.holder import PersonalDataHolder
from chassis.inventory import Inventory
from chassis.outbox import OutboxRelay
from chassis.sealing import BlindIndex, Sealed, Sealing, SubjectKey
from chassis.sealing.schema import sealed_tables
from chassis.tables import StandardTables
from contracts.dsar import Claim
from contracts.fulfilment import CommandKind
from contracts.holder import ExportRequest
from contracts.personal_data import RESTRICTION_STORE, Locator
from tests.support.clock import START, FakeClock
from tests.support.commands import a_command

RESTRICTIONS = [
    {"kind": "account_id", "value": f"restricted-{n}", "command_id": f"command-{n}", "since": START}
    for n in range(5_000)
]
EXPLAINED = ("SELECT", "UPDATE", "DELETE", "WITH")


class Asked:
    """What was executed: all of it in order, and those statements that have a plan, with their values."""

    def __init__(self) -> None:
        self.statements: dict[str, Any] = {}
        self.in_order: list[str] = []

    def walks(self, url: str, tables: Collection[str]) -> list[str]:
        """The statements that would read one of these tables from end to end, each with that step of its plan."""
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            is_sqlite = engine.dialect.name == "sqlite"
            return [
                f"{step.strip()} in: {statement}"
                for statement, values in self.statements.items()
                for step in _plan(connection, statement, values, is_sqlite=is_sqlite)
                if any(step.strip().startswith((f"SCAN {table}", f"Seq Scan on {table}")) for table in tables)
            ]


@contextmanager
def listening() -> Iterator[Asked]:
    """Take down what any engine of this process executes meanwhile."""
    asked = Asked()

    def take_down(_c: object, _cursor: object, statement: str, values: Any, _context: object, many: bool) -> None:
        asked.in_order.append(statement)
        # A table that nothing locates a person in is asked with a constant no, and no engine reads it then.
        if statement.lstrip("( ").startswith(EXPLAINED) and "WHERE 0 = 1" not in statement:
            asked.statements[statement] = values[0] if many else values

    event.listen(Engine, "before_cursor_execute", take_down)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", take_down)


def fill(url: str, rows: dict[str, list[dict[str, Any]]], inventory: Inventory, sealing: Sealing | None = None) -> None:
    """Insert rows by table, each sealed under a key of its own where it has to be, and let the database count them."""
    tables = {table.name: table for table, _ in inventory.personal_tables()}
    engine = create_engine(url, poolclass=NullPool)
    if sealing is not None:
        sealing.attach(engine)
    rows = {**rows, RESTRICTION_STORE: RESTRICTIONS}
    with engine.begin() as connection:
        for table, values in ((tables[name], values) for name, values in rows.items()):
            is_sealed = sealing is not None and table in sealed_tables(table.metadata)
            ready = _sealed(connection, sealing, table, values) if sealing is not None and is_sealed else values
            connection.execute(table.insert(), ready)
        connection.exec_driver_sql("ANALYZE")


def _sealed(connection: Connection, sealing: Sealing, table: Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    first = connection.scalar(select(func.count()).select_from(sealing.table)) or 0
    connection.execute(sealing.table.insert(), [{"state": None} for _ in rows])
    columns = {column.name: column.type for column in table.columns}
    names = [name for name, kind in columns.items() if isinstance(kind, Sealed)]
    found_by = {name: kind.of for name, kind in columns.items() if isinstance(kind, BlindIndex)}

    def sealed(cell: int, row: dict[str, Any]) -> dict[str, Any]:
        key = SubjectKey(cell, sealing.file.make(cell), sealing.service)
        hashed = {index: row[of] for index, of in found_by.items()}
        return row | hashed | {name: key.seal(row[name]) for name in names} | {"sealed_by": cell}

    return [sealed(cell, row) for cell, row in enumerate(rows, first)]


async def export_and_erase(
    database: Database, inventory: Inventory, tables: StandardTables, whom: dict[Locator, list[str]], before: Any
) -> None:
    """What dsar asks of a service for one person: all that it holds, and each kind of command that needs no value."""

    async def claimed(_erasure_id: str, _holder: str) -> Claim:
        raise AssertionError("nobody is asked whom it concerns")

    async def published(_subject: str, _payload: bytes, _message_id: str) -> None:
        raise AssertionError("nothing is published here")

    clock = FakeClock()
    holder = PersonalDataHolder(
        service=inventory.service,
        database=database,
        inventory=inventory,
        tables=tables,
        clock=clock,
        receipt_seed="5a" * 32,
        claim=claimed,
        relay=OutboxRelay(database, tables, published, clock),
        externals={},
        before={} if before is None else {CommandKind.ERASE: before},
    )
    page = await holder.export(ExportRequest(locators=whom))
    assert any(store.rows for store in page.stores), "the person of the test is there"
    for sequence, kind in enumerate((CommandKind.RESTRICT, CommandKind.LIFT, CommandKind.OBJECT, CommandKind.ERASE)):
        command = a_command(whom, kind, holders=(inventory.service,), sequence=sequence + 1)
        (answer,) = await holder.fulfil([command])
        assert answer.receipt is not None, answer.failure


def _plan(connection: Connection, statement: str, values: Any, *, is_sqlite: bool) -> list[str]:
    explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
    rows = connection.exec_driver_sql(explain + statement, values).all()
    return [str(row[-1]).replace("->  ", "").strip() for row in rows]
