"""Which rows of a table are a person's."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Table, bindparam, false, or_

from contracts.fields import canonical_address
from contracts.personal_data import Locator, PersonalData

CREATED = "created_at"
# Clocks of two machines differ a little; a row made within a minute of the request is still the erased person's.
SKEW = timedelta(minutes=1)

Locators = Mapping[Locator, Sequence[str]]
Kinds = frozenset[Locator]

_MADE_BEFORE = "made_before"
NOT_YET: Mapping[str, Any] = {}


def told(locators: Locators, declared: Iterable[Locator]) -> Kinds:
    """The kinds of identifier, of those declared, by which a person can be looked for."""
    return frozenset(kind for kind in declared if locators.get(kind))


def theirs(
    table: Table, declaration: PersonalData, kinds: Kinds, *, as_asked: bool, values: Mapping[str, Any] = NOT_YET
) -> ColumnElement[bool]:
    """The condition that a row is the person's, by any of these kinds; `identifying` has the values to execute it with.

    Opaque ids are never used twice, so all rows under one go. An address may come back with a person who returns:
    `as_asked`, rows found by address alone count only if made before the request, where the table says when.
    """
    matches: list[ColumnElement[bool]] = []
    for kind, name in declaration.located_by.items():
        if kind not in kinds:
            continue
        column = table.c[name]  # its type hashes an address where the column is a blind index
        named = _bound(_name(table, kind), values, type_=column.type, expanding=True)
        matching: ColumnElement[bool] = column.in_(named)
        if kind is Locator.EMAIL and as_asked and CREATED in table.c:
            created = table.c[CREATED]
            matching &= created <= _bound(_MADE_BEFORE, values, type_=created.type)
        matches.append(matching)
    return or_(false(), *matches)


def identifying(table: Table, locators: Locators, requested_at: datetime | None = None) -> dict[str, Any]:
    """The values for the condition of `theirs` on a table."""
    values: dict[str, Any] = {_name(table, kind): as_stored(kind, found) for kind, found in locators.items()}
    if requested_at is not None:
        values[_MADE_BEFORE] = requested_at + SKEW
    return values


def as_stored(kind: Locator, values: Sequence[str]) -> list[str]:
    """The identifiers in the spellings in which rows may hold them: addresses in the canonical one as well."""
    if kind is not Locator.EMAIL:
        return list(dict.fromkeys(values))
    return list(dict.fromkeys([*values, *(one for one in map(_canonical, values) if one is not None)]))


def rows_of(
    table: Table, declaration: PersonalData, locators: Locators, requested_at: datetime | None = None
) -> ColumnElement[bool]:
    """The condition of `theirs` with its values, for a statement that is executed once."""
    kinds = told(locators, declaration.located_by)
    values = identifying(table, {kind: locators[kind] for kind in kinds}, requested_at)
    return theirs(table, declaration, kinds, as_asked=requested_at is not None, values=values)


def _name(table: Table, kind: Locator) -> str:
    """Another for each table: each may hash an address in its own way."""
    return f"{table.name}_by_{kind.value}"


def _bound(name: str, values: Mapping[str, Any], **options: Any) -> BindParameter[Any]:
    """A parameter of a statement: with its value, or to be given it at each execution."""
    return bindparam(name, values[name], **options) if name in values else bindparam(name, **options)


def _canonical(address: str) -> str | None:
    try:
        return canonical_address(address)
    except ValueError:
        return None
