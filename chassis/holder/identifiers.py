"""Every identifier by which a service's database finds a person, page by page; sealed ones are opened."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, LargeBinary, Table, and_, delete, literal, select, tuple_, type_coerce

from chassis.database import Database, Session, affected
from chassis.inventory import Inventory
from chassis.sealing import BlindIndex, Sealed, Unreadable
from contracts.personal_data import Locator, PersonalData

PAGE = 500
# It names a command and nobody.
NAMES_NOBODY = frozenset({Locator.COMMAND_ID})

Row = Sequence[Any]


class HeldIdentifiers:
    """The identifiers that stand in the tables of one service.

    `nameless` are the rows, by table and primary key, whose every identifier is sealed and opened by no key any more: a
    copy of the data has them, while the key file has not. Nobody can be found or told by them.
    """

    def __init__(self, database: Database, inventory: Inventory) -> None:
        self._database = database
        places = (_Place(table, declaration) for table, declaration in inventory.personal_tables())
        self._places = [place for place in places if place.columns]
        self.nameless: list[tuple[Table, Row]] = []

    async def any(self) -> bool:
        """Whether the database holds anybody."""
        return await self._database.read(self._holds_anybody)

    async def pages(self) -> AsyncIterator[dict[Locator, list[str]]]:
        """All of them, at most `PAGE` of each kind at a time; one may come several times."""
        for place in self._places:
            after: Row | None = None
            while rows := await self._database.read(place.page, after):
                after = rows[-1][: place.key_length]
                columns = list(zip(*rows, strict=True))[place.key_length :]
                self.nameless += [(place.table, row[: place.key_length]) for row in rows if place.is_nameless(row)]
                yield {kind: _readable(values) for kind, values in zip(place.columns, columns, strict=True)}

    def forget_nameless(self, session: Session) -> int:
        """Delete the rows without a name that were met; how many there were."""
        return sum(affected(session, delete(table).where(_is(table, key))) for table, key in self.nameless)

    def _holds_anybody(self, session: Session) -> bool:
        anyone = (select(literal(1)).select_from(place.table).limit(1) for place in self._places)
        return any(session.execute(query).first() for query in anyone)


UNREADABLE = object()
"""Stands for a sealed value whose key was destroyed since, or belongs to another row by now."""


class _Place:
    """A table, and the column that shows the identifier of each kind: the sealed one where rows are found by a hash."""

    def __init__(self, table: Table, declaration: PersonalData) -> None:
        located = {kind: name for kind, name in declaration.located_by.items() if kind not in NAMES_NOBODY}
        self.table = table
        self.columns = {kind: _shown(table, name) for kind, name in located.items()}
        self._keys = list(table.primary_key.columns)
        self.key_length = len(self._keys)
        as_stored = (
            type_coerce(column, LargeBinary) if isinstance(column.type, Sealed) else column
            for column in self.columns.values()
        )
        self._query = select(*self._keys, *as_stored).order_by(*self._keys).limit(PAGE)

    def page(self, session: Session, after: Row | None) -> list[Row]:
        """The rows after a key, with their identifiers opened."""
        query = self._query
        if after is not None:
            query = query.where(tuple_(*self._keys) > tuple_(*after, types=[key.type for key in self._keys]))
        return [self._opened(session, tuple(row)) for row in session.execute(query)]

    def is_nameless(self, row: Row) -> bool:
        """Whether an opened row has no identifier but such as no key opens."""
        values = row[self.key_length :]
        return UNREADABLE in values and not any(isinstance(value, str) for value in values)

    def _opened(self, session: Session, row: Row) -> Row:
        values = zip(self.columns.values(), row[self.key_length :], strict=True)
        return (*row[: self.key_length], *(_open(session, column, value) for column, value in values))


def _is(table: Table, key: Row) -> ColumnElement[bool]:
    return and_(*(column == value for column, value in zip(table.primary_key.columns, key, strict=True)))


def _shown(table: Table, name: str) -> Column[Any]:
    column = table.c[name]
    return table.c[column.type.of] if isinstance(column.type, BlindIndex) else column


def _open(session: Session, column: Column[Any], value: Any) -> Any:
    if not isinstance(column.type, Sealed):
        return value
    try:
        return column.type.process_result_value(value, session.get_bind().dialect)
    except Unreadable:
        return UNREADABLE


def _readable(values: Sequence[Any]) -> list[str]:
    return list(dict.fromkeys(value for value in values if isinstance(value, str) and value))
