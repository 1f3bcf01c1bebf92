"""Export: a person's rows from every declared store, page by page, in an order that stays the same."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NamedTuple, Protocol

import orjson
from sqlalchemy import Table, select, tuple_

from chassis.database import Database
from chassis.holder.external import ExternalHolder, Locators
from chassis.holder.rows import rows_of
from chassis.inventory import Inventory
from contracts.errors import ErrorKind, Refusal
from contracts.holder import EXPORT_ROWS_MAX, ExportedStore, ExportPage, ExportRequest
from contracts.personal_data import ExternalStore, PersonalData
from kernel.durations import iso8601_duration

PAGE_BYTES_MAX = 96 * 1024
CURSOR_BYTES_MAX = 2048
INSTANT = "at"

Key = list[Any]


class Entry(NamedTuple):
    """A row to export, and its place in the store's order."""

    key: Key
    row: dict[str, Any]


class Reader(Protocol):
    """A store that can be read in order, from a place on."""

    store: ExportedStore

    async def read(self, locators: Locators, after: Key | None, limit: int) -> list[Entry]:
        """At most `limit` of the person's rows that come after a place."""
        ...


class TableReader:
    """Reads a table of ours in the order of its primary key, without the columns that are withheld."""

    def __init__(self, database: Database, table: Table, declaration: PersonalData) -> None:
        self._database = database
        self._table = table
        self._declaration = declaration
        self._columns = [column for column in table.columns if column.name not in declaration.withheld]
        self.store = described(table.name, declaration)

    async def read(self, locators: Locators, after: Key | None, limit: int) -> list[Entry]:
        """At most `limit` of the person's rows that come after a place."""
        keys = tuple(self._table.primary_key.columns)
        query = select(*keys, *self._columns).where(rows_of(self._table, self._declaration, locators))
        if after is not None:
            query = query.where(tuple_(*keys) > tuple_(*after, types=[key.type for key in keys]))
        statement = query.order_by(*keys).limit(limit)
        rows = await self._database.read(lambda session: session.execute(statement).all())
        return [self._entry(tuple(row), len(keys)) for row in rows]

    def _entry(self, values: Sequence[Any], key_length: int) -> Entry:
        names = [str(column.name) for column in self._columns]  # SQLAlchemy may give a kind of str that JSON refuses
        row = {name: as_json(value) for name, value in zip(names, values[key_length:], strict=True)}
        return Entry(list(values[:key_length]), row)


class RecipientReader:
    """Reads a recipient's record, numbered in the order in which it comes."""

    def __init__(self, holder: ExternalHolder) -> None:
        self._holder = holder
        self.store = described_recipient(holder.store)

    async def read(self, locators: Locators, after: Key | None, limit: int) -> list[Entry]:
        """At most `limit` of the person's records that come after a place."""
        begin = 0 if after is None else int(after[0]) + 1
        records = await self._holder.export(locators)
        return [Entry([begin + i], as_json(record)) for i, record in enumerate(records[begin : begin + limit])]


class Exporter:
    """Fills pages from all stores of a service, one after the other."""

    def __init__(self, database: Database, inventory: Inventory, externals: Mapping[str, ExternalHolder]) -> None:
        tables = sorted(inventory.personal_tables(), key=lambda pair: pair[0].name)
        self._readers: list[Reader] = [TableReader(database, table, declaration) for table, declaration in tables]
        self._readers += [RecipientReader(holder) for _, holder in sorted(externals.items())]

    async def page(self, request: ExportRequest) -> ExportPage:
        """The page that begins at the request's cursor.

        Raises:
            Refusal: the cursor is none of ours.
        """
        page = Page()
        start = self._start(request.cursor)
        for index in range(start.store, len(self._readers)):
            reader = self._readers[index]
            after = start.after if index == start.store else None
            entries = await reader.read(request.locators, after, page.room + 1)
            kept = page.take(reader.store, entries)
            if kept < len(entries):
                return page.ended(Cursor(index, entries[kept - 1].key if kept else after))
        return page.ended(None)

    def _start(self, cursor: str | None) -> "Cursor":
        if cursor is None:
            return Cursor(0, None)
        start = Cursor.parse(cursor)
        if start is None or not 0 <= start.store < len(self._readers):
            raise Refusal(ErrorKind.MALFORMED, "cursor")
        return start


class Page:
    """A page while it is being filled: bounded in rows and in bytes, but never empty while there is more."""

    def __init__(self) -> None:
        self.room = EXPORT_ROWS_MAX
        self._bytes = 0
        self._stores: list[ExportedStore] = []

    def take(self, store: ExportedStore, entries: Sequence[Entry]) -> int:
        """Take as many rows as fit; returns how many."""
        rows: list[dict[str, Any]] = []
        for entry in entries:
            size = len(orjson.dumps(entry.row)) + (0 if rows else len(store.model_dump_json()))
            fits = self._bytes + size <= PAGE_BYTES_MAX or not self._bytes
            if not self.room or not fits:
                break
            rows.append(entry.row)
            self.room -= 1
            self._bytes += size
        if rows:
            self._stores.append(store.model_copy(update={"rows": rows}))
        return len(rows)

    def ended(self, cursor: "Cursor | None") -> ExportPage:
        """The finished page; `cursor` is where the next one begins."""
        return ExportPage(stores=self._stores, cursor=None if cursor is None else cursor.encoded())


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of an export ended: the number of the store, and the last key that was read there."""

    store: int
    after: Key | None

    def encoded(self) -> str:
        """The cursor as the opaque text that a caller hands back for the next page."""
        after = None if self.after is None else [_mark(part) for part in self.after]
        return base64.urlsafe_b64encode(orjson.dumps([self.store, after])).decode()

    @classmethod
    def parse(cls, cursor: str) -> "Cursor | None":
        """Read a cursor that a caller handed back; None if it is not one of ours."""
        if len(cursor) > CURSOR_BYTES_MAX:
            return None
        try:
            store, after = orjson.loads(base64.urlsafe_b64decode(cursor))
            return cls(int(store), None if after is None else [_unmark(part) for part in after])
        except (binascii.Error, ValueError, TypeError, KeyError):
            return None


def as_json(value: Any) -> Any:
    """A value as JSON: times as RFC 3339 in UTC, bytes in hex, names of enumerations; JSON stays what it is."""
    if value is None or isinstance(value, bool | int | float | list | dict):
        return value
    if isinstance(value, Enum):
        return as_json(value.value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.hex() if isinstance(value, bytes) else str(value)


def described(name: str, declaration: PersonalData) -> ExportedStore:
    """What Art. 15(1) wants told about a table, without rows yet."""
    return ExportedStore(
        store=name,
        categories=[category.value for category in declaration.categories],
        purpose=declaration.purpose,
        legal_basis=declaration.legal_basis.value,
        retention=iso8601_duration(declaration.retention),
        source=declaration.source,
        recipients=list(declaration.recipients),
        rows=[],
    )


def described_recipient(store: ExternalStore) -> ExportedStore:
    """What Art. 15(1) wants told about what a recipient holds, without rows yet."""
    return ExportedStore(
        store=store.holder,
        categories=[category.value for category in store.categories],
        purpose=store.purpose,
        legal_basis=store.legal_basis.value,
        retention=iso8601_duration(store.retention),
        source="passed on by this service",
        recipients=[store.recipient],
        rows=[],
    )


def _mark(part: Any) -> Any:
    return {INSTANT: part.isoformat()} if isinstance(part, datetime) else part


def _unmark(part: Any) -> Any:
    return datetime.fromisoformat(part[INSTANT]) if isinstance(part, dict) else part
