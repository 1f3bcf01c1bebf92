"""Every identifier by which a service's database finds a person, page by page."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Column, Select, Table, literal, select, tuple_

from chassis.database import Database, Session
from chassis.inventory import Inventory
from contracts.personal_data import Locator

PAGE = 500
# It names a command and nobody.
NAMES_NOBODY = frozenset({Locator.COMMAND_ID})

Place = tuple[Table, dict[Locator, str]]


class HeldIdentifiers:
    """The identifiers that stand in the tables of one service."""

    def __init__(self, database: Database, inventory: Inventory) -> None:
        self._database = database
        self._places = [place for place in map(_place, inventory.personal_tables()) if place[1]]

    async def any(self) -> bool:
        """Whether the database holds anybody."""
        return await self._database.read(self._holds_anybody)

    async def pages(self) -> AsyncIterator[dict[Locator, list[str]]]:
        """All of them, at most `PAGE` of each kind at a time; one may come several times."""
        for table, kinds in self._places:
            keys = list(table.primary_key.columns)
            query = select(*keys, *(table.c[name] for name in kinds.values())).order_by(*keys).limit(PAGE)
            async for rows in self._rows(query, keys):
                columns = list(zip(*rows, strict=True))[len(keys) :]
                yield {kind: _distinct(values) for kind, values in zip(kinds, columns, strict=True)}

    async def _rows(self, query: Select[Any], keys: Sequence[Column[Any]]) -> AsyncIterator[list[Any]]:
        page = query
        while rows := await self._database.read(_all, page):
            yield rows
            last = rows[-1][: len(keys)]
            page = query.where(tuple_(*keys) > tuple_(*last, types=[key.type for key in keys]))

    def _holds_anybody(self, session: Session) -> bool:
        anyone = (select(literal(1)).select_from(table).limit(1) for table, _ in self._places)
        return any(session.execute(query).first() for query in anyone)


def _place(pair: Any) -> Place:
    table, declaration = pair
    return table, {kind: name for kind, name in declaration.located_by.items() if kind not in NAMES_NOBODY}


def _all(session: Session, query: Select[Any]) -> list[Any]:
    return list(session.execute(query).all())


def _distinct(values: Sequence[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))
