"""A PostgreSQL database's copy: COPY of each table within one REPEATABLE READ snapshot, over an ordinary connection.

pg_dump is not needed, whose version must not be older than the server's. The schema is not in the copy: it is made
again by the service's own migrations, at the revision that the manifest names, and then filled. Columns that differ
are refused by name.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from chassis.tables import CHASSIS_VERSION_TABLE, VERSION_TABLE
from ops.backup.refusal import BackupRefused

CONNECT_SECONDS = 10
UNANSWERED_MILLISECONDS = 60_000
LEAVING_SECONDS = 2.0

TABLES = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum), pg_total_relation_size(c.oid)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
GROUP BY c.oid, c.relname ORDER BY c.relname
"""
SEQUENCES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' ORDER BY relname
"""
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""

Connection = psycopg.Connection[Any]


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection, in a transaction that ends with the block: committed, or after an error undone.

    Raises:
        BackupRefused: the server cannot be reached, or a statement fails; what it says never quotes a row.
    """
    parts = make_url(url)
    try:
        with psycopg.connect(
            host=parts.host,
            port=parts.port or 5432,
            user=parts.username,
            password=parts.password,
            dbname=parts.database,
            connect_timeout=CONNECT_SECONDS,
            tcp_user_timeout=UNANSWERED_MILLISECONDS,
            options="-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c timezone=UTC",
        ) as connection:
            yield connection
    except psycopg.Error as error:
        state = error.sqlstate or "no answer"
        raise BackupRefused(f"The database {parts.database} failed ({state}).") from error


@contextmanager
def snapshot(url: str) -> Iterator[Connection]:
    """A connection that sees one moment and cannot write."""
    with connected(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


def tables(connection: Connection) -> list[tuple[str, list[str], int]]:
    """Each table with its columns in order, and about how many bytes it takes."""
    return connection.execute(TABLES).fetchall()


def sequences(connection: Connection) -> dict[str, tuple[int, bool]]:
    """Each sequence: its last value, and whether that was given out."""
    found = {}
    for (name,) in connection.execute(SEQUENCES).fetchall():
        query = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(name))
        found[name] = connection.execute(query).fetchall()[0]
    return found


def revisions(connection: Connection) -> dict[str, str]:
    """The revisions of the schema, by version table."""
    versions = ((table, sql.Identifier(table)) for table in (CHASSIS_VERSION_TABLE, VERSION_TABLE))
    query = sql.SQL("SELECT version_num FROM {}")
    return {name: connection.execute(query.format(table)).fetchall()[0][0] for name, table in versions}


def last_erasure_sequence(connection: Connection) -> int | None:
    """The highest erasure that was carried out in this database."""
    found: int | None = connection.execute("SELECT max(last_erasure_seq) FROM watermark").fetchall()[0][0]
    return found


def is_in_use(connection: Connection) -> bool:
    """Whether anybody else stays connected to this database; one who has just left may be listed for a moment."""
    deadline = time.monotonic() + LEAVING_SECONDS
    connection.autocommit = True  # within a transaction the list of connections stays as it was
    while others := connection.execute(OTHERS).fetchall()[0][0]:
        if time.monotonic() > deadline:
            break
        time.sleep(LEAVING_SECONDS / 20)
    return bool(others)


@contextmanager
def reading(connection: Connection, table: str, columns: list[str]) -> Iterator["TableReader"]:
    """A table's rows in COPY's binary format, to be read as bytes."""
    with connection.cursor() as cursor, cursor.copy(_copy(table, columns, "TO STDOUT")) as copy:
        yield TableReader(iter(copy))


@contextmanager
def filling(connection: Connection, table: str, columns: list[str]) -> Iterator[psycopg.Copy]:
    """Something that takes the bytes which `reading` gave."""
    with connection.cursor() as cursor, cursor.copy(_copy(table, columns, "FROM STDIN")) as copy:
        yield copy


def set_sequence(connection: Connection, name: str, last_value: int, *, is_called: bool) -> None:
    """Let a sequence go on where it was."""
    connection.execute("SELECT setval(%s::regclass, %s, %s)", (f'"{name}"', last_value, is_called))


def empty(connection: Connection) -> None:
    """Remove every table of this database, in the transaction of the connection."""
    for name, *_ in tables(connection):
        connection.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier(name)))


def emptied(table: str) -> sql.Composed:
    """The statement that removes every row of a table."""
    return sql.SQL("DELETE FROM {}").format(sql.Identifier(table))


def _copy(table: str, columns: list[str], direction: str) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    head = sql.SQL("COPY {} ({}) ").format(sql.Identifier(table), names)
    return head + sql.SQL(f"{direction} (FORMAT binary)")


class TableReader:
    """Gives the blocks of a COPY in the sizes that are asked for."""

    def __init__(self, blocks: Iterator[bytes | bytearray | memoryview]) -> None:
        self._blocks = blocks
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            block = next(self._blocks, None)
            if block is None:
                break
            self._rest += bytes(block)
        end = len(self._rest) if size < 0 else size
        taken, self._rest = self._rest[:end], self._rest[end:]
        return taken
