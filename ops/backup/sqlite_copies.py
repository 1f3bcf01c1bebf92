"""A SQLite database's copy: VACUUM INTO, which reads one moment while the service goes on writing.

The copy holds what the tables hold and no freed page. It lies beside the database, has no name as soon as it is there
(so that nothing of it stays, whatever happens to this process), and is encrypted from there. It needs as much free
space as the database is large.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

from chassis.tables import CHASSIS_VERSION_TABLE, VERSION_TABLE
from ops.backup.day_keys import DayKey
from ops.backup.encryption import MeteredSource, Source, decrypt
from ops.backup.files import forget_entry, sync_directory, written_whole
from ops.backup.refusal import BackupRefused

SNAPSHOT = ".snapshot"
BUSY_SECONDS = 30.0


@contextmanager
def snapshot(path: Path) -> Iterator[tuple[BinaryIO, sqlite3.Connection]]:
    """A copy of a database as it is now: its bytes, and a connection to ask it.

    Raises:
        BackupRefused: it cannot be read, or is damaged.
    """
    copy = path.with_name(f"{path.name}{SNAPSHOT}")
    copy.unlink(missing_ok=True)  # of a backup that was killed
    try:
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(_connected(path)) as source:
            source.execute("VACUUM INTO ?", (str(copy),))
        with closing(_connected(copy)) as connection, copy.open("rb") as file:
            copy.unlink()
            _refuse_damage(connection, path)
            yield file, connection
    except sqlite3.Error as error:
        raise BackupRefused(f"{path} cannot be copied: {error}.") from error
    finally:
        copy.unlink(missing_ok=True)


def revisions(connection: sqlite3.Connection) -> dict[str, str]:
    """The revisions of the schema, by version table."""
    tables = (CHASSIS_VERSION_TABLE, VERSION_TABLE)
    return {table: connection.execute(f"SELECT version_num FROM {table}").fetchone()[0] for table in tables}  # noqa: S608 — names of ours


def last_erasure_sequence(connection: sqlite3.Connection) -> int | None:
    """The highest erasure that was carried out in this database."""
    found: int | None = connection.execute("SELECT max(last_erasure_seq) FROM watermark").fetchone()[0]
    return found


def put_back(source: Source, key: DayKey, path: Path, check: Callable[[MeteredSource], None]) -> None:
    """Decrypt a database into its place, in one step, once `check` has nothing against what was read.

    The log of what was there goes first: it would be applied to the new file.

    Raises:
        BackupRefused: what comes is damaged, or what is there is in use.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    restored = path.with_name(f"{path.name}.restoring")
    with written_whole(restored) as file:
        check(decrypt(source, file, key))
    with closing(_connected(restored)) as connection:
        _refuse_damage(connection, restored)
    if path.exists() and is_in_use(path):
        raise BackupRefused(f"{path} is in use; stop its service first.")
    for log in ("-wal", "-shm"):
        forget_entry(path.with_name(f"{path.name}{log}"))
    restored.rename(path)
    sync_directory(path.parent)


def is_in_use(path: Path) -> bool:
    """Whether any process has this database open, idle or not.

    Leaving WAL mode, which empties and removes the log, needs a lock that no other connection shares; whoever opens the
    database next enters WAL mode again.
    """
    try:
        with closing(_connected(path)) as connection:
            connection.execute("PRAGMA busy_timeout=0")
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.Error as error:
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # a damaged one is why one restores
    return False


def _refuse_damage(connection: sqlite3.Connection, path: Path) -> None:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise BackupRefused(f"{path} is damaged: {verdict}.")


def _connected(path: Path) -> sqlite3.Connection:
    """Never makes a file where there is none."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None)
