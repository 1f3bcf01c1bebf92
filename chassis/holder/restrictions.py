"""Restriction of processing (Art. 18): whose data may only be stored, until the restriction is lifted.

A restricted person's rows stay: retention does not sweep them, and whoever would use them asks `is_restricted`.
An identifier is noted as the tables hold it: an opaque id as it is, an address by its keyed hash (`BlindIndex`).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, exists, false, func, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import String

from chassis.database import Session, affected, insert_into, now_in
from chassis.holder.rows import Locators, as_stored, told
from chassis.sealing import BlindIndex
from chassis.tables import StandardTables
from contracts.fulfilment import Command
from contracts.personal_data import RESTRICTION_STORE, Locator, PersonalData, Rectifiable

Pair = tuple[Locator, str]


class Hexed(GenericFunction[str]):
    """Bytes in a database as lower-case hex."""

    type = String()
    inherit_cache = True


@compiles(Hexed, "sqlite")
def _hexed_in_sqlite(element: Hexed, compiler: Any, **options: Any) -> str:
    return f"lower(hex({compiler.process(element.clauses, **options)}))"


@compiles(Hexed, "postgresql")
def _hexed_in_postgresql(element: Hexed, compiler: Any, **options: Any) -> str:
    return f"encode({compiler.process(element.clauses, **options)}, 'hex')"


class Restrictions:
    """The table of restrictions of one service, whose other tables are found by these kinds of identifier."""

    def __init__(self, tables: StandardTables, kinds: Iterable[Locator]) -> None:
        self._kinds = tuple(kinds)
        self._table = tables.restriction

    def restrict(self, session: Session, command: Command) -> int:
        """Note the person's identifiers; how many were not noted before."""
        row = {"command_id": command.command_id, "since": now_in(session)}
        rows = [{"kind": kind.value, "value": value, **row} for kind, value in self._pairs(session, command.locators)]
        if not rows:
            return 0
        return affected(session, insert_into(session, self._table).values(rows).on_conflict_do_nothing())

    def lift(self, session: Session, command: Command) -> int:
        """Forget the person's identifiers; how many were noted."""
        return affected(session, delete(self._table).where(self._noted(session, command.locators)))

    def follow(self, session: Session, command: Command) -> None:
        """Let the restriction of an address go on under the one that takes its place."""
        address = command.payload.get(Rectifiable.EMAIL)
        if address is None:
            return
        old = self._noted(session, {Locator.EMAIL: command.locators.get(Locator.EMAIL, [])})
        columns = [column for column in self._table.columns if column.name != "value"]
        noted = session.execute(select(*columns).where(old).limit(1)).mappings().first()
        if noted is not None:
            session.execute(delete(self._table).where(old))
            moved = [{**noted, "value": value} for _, value in self._pairs(session, {Locator.EMAIL: [address]})]
            session.execute(insert_into(session, self._table).values(moved).on_conflict_do_nothing())

    def missing(self, session: Session, command: Command) -> int:
        """How many of the person's identifiers are not noted."""
        return len(list(self._pairs(session, command.locators))) - self.noted(session, command)

    def noted(self, session: Session, command: Command) -> int:
        """How many of the person's identifiers are noted."""
        return session.scalar(select(func.count()).where(self._noted(session, command.locators))) or 0

    def _pairs(self, session: Session, locators: Locators) -> Iterator[Pair]:
        known = {kind: locators[kind] for kind in sorted(told(locators, self._kinds))}
        return _pairs(session, known)

    def _noted(self, session: Session, locators: Locators) -> ColumnElement[bool]:
        return _noted(self._table, self._pairs(session, locators))


def is_restricted(session: Session, tables: StandardTables, locators: Locators) -> bool:
    """Whether the data of whoever goes by one of these identifiers may only be stored now."""
    noted = _noted(tables.restriction, _pairs(session, locators))
    return session.execute(select(tables.restriction.c.kind).where(noted).limit(1)).first() is not None


def is_free(table: Table, declaration: PersonalData, tables: StandardTables) -> ColumnElement[bool]:
    """The condition that nobody restricted the use of a row, by any identifier that it is found by."""
    if table.name == RESTRICTION_STORE:
        return true()
    noted = tables.restriction
    return and_(
        true(),
        *(
            ~exists().where(noted.c.kind == kind.value, noted.c.value == _as_noted(table, name))
            for kind, name in declaration.located_by.items()
        ),
    )


def _as_noted(table: Table, name: str) -> ColumnElement[str]:
    column = table.c[name]
    return Hexed(column) if isinstance(column.type, BlindIndex) else column


def _pairs(session: Session, locators: Locators) -> Iterator[Pair]:
    """Each identifier once, as the tables of the service hold it."""
    for kind, values in locators.items():
        for value in dict.fromkeys(as_stored(kind, [value])[-1] for value in values):
            yield kind, _hashed(session, value) if kind is Locator.EMAIL else value


def _hashed(session: Session, address: str) -> str:
    """An address as every blind index of the service holds it, in hex."""
    hashed = BlindIndex("address").process_bind_param(address, session.get_bind().dialect)
    return (hashed or b"").hex()


def _noted(table: Table, pairs: Iterable[Pair]) -> ColumnElement[bool]:
    return or_(false(), *(and_(table.c.kind == kind.value, table.c.value == value) for kind, value in pairs))
