"""The services' databases, read beside them as whoever holds the disk could."""

import contextlib
import sqlite3
from typing import Any

from tests.support.platform import Platform


def rows(platform: Platform, service: str, table: str) -> list[dict[str, Any]]:
    """All rows of a table."""
    with contextlib.closing(_opened(platform, service)) as database:
        return [dict(row) for row in database.execute(f'SELECT * FROM "{table}"')]  # noqa: S608  # a name from the test


def columns(platform: Platform, service: str, table: str) -> set[str]:
    """The names of a table's columns."""
    with contextlib.closing(_opened(platform, service)) as database:
        return {row["name"] for row in database.execute(f'PRAGMA table_info("{table}")')}


def _opened(platform: Platform, service: str) -> sqlite3.Connection:
    path = platform.data / service / f"{service}.db"
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    return database
