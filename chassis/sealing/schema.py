"""What a table with sealed columns needs: a column for its row's key, right names, and triggers.

The key of a row that is deleted, or given another key, is unused from then on: triggers see to it, whoever does it.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, MetaData, Table

from chassis.sealing.columns import BlindIndex, Sealed

SEALED_BY = "sealed_by"

# SQLite's, then PostgreSQL's, which calls a function of which there is one for all tables.
_SQLITE = (
    """CREATE TRIGGER IF NOT EXISTS {table}_key_unused AFTER DELETE ON {table}
    BEGIN {unused}; END""",
    """CREATE TRIGGER IF NOT EXISTS {table}_key_changed AFTER UPDATE OF sealed_by ON {table}
    WHEN OLD.sealed_by <> NEW.sealed_by BEGIN {unused}; END""",
)
_POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION subject_key_unused() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN {unused}; RETURN NULL; END $$""",
    """CREATE OR REPLACE TRIGGER {table}_key_unused AFTER DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION subject_key_unused()""",
    """CREATE OR REPLACE TRIGGER {table}_key_changed AFTER UPDATE OF sealed_by ON {table}
    FOR EACH ROW WHEN (OLD.sealed_by <> NEW.sealed_by) EXECUTE FUNCTION subject_key_unused()""",
)
_UNUSED = "UPDATE subject_key SET state = 'unused' WHERE cell = OLD.sealed_by"


def install_triggers(connection: Connection, metadata: MetaData) -> None:
    """Make the triggers of every table with sealed columns, unless they are there."""
    statements = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL
    for table in sealed_tables(metadata):
        for statement in statements:
            connection.exec_driver_sql(statement.format(table=table.name, unused=_UNUSED))


def sealed_tables(metadata: MetaData) -> list[Table]:
    """The tables with sealed columns."""
    return [
        table for table in metadata.sorted_tables if any(isinstance(column.type, Sealed) for column in table.columns)
    ]


def misfits(table: Table) -> Iterator[str]:
    """What is wrong with the sealed columns of a table, in words."""
    sealed = {column.name: column.type.column for column in table.columns if isinstance(column.type, Sealed)}
    yield from (
        f"the sealed column {name} is called {said}" for name, said in sealed.items() if said != f"{table.name}.{name}"
    )
    if sealed and (SEALED_BY not in table.columns or table.columns[SEALED_BY].nullable):
        yield f"sealed columns need a column {SEALED_BY} that is never empty"
    for column in table.columns:
        if isinstance(column.type, BlindIndex) and column.type.of not in sealed:
            yield f"{column.name} is an index of {column.type.of}, which is no sealed column"
