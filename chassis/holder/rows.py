"""Which rows of a table are a person's."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Table, false, or_

from chassis.holder.external import Locators
from contracts.fields import canonical_address
from contracts.personal_data import Locator, PersonalData

CREATED = "created_at"
# Clocks of two machines differ a little; a row made within a minute of the request is still the erased person's.
SKEW = timedelta(minutes=1)


def rows_of(
    table: Table, declaration: PersonalData, locators: Locators, requested_at: datetime | None = None
) -> ColumnElement[bool]:
    """The condition that a row is the person's, by any of the identifiers that the table is located by.

    Opaque ids are never used twice, so all rows under one go. An address may come back with a person who returns:
    rows found by address alone count only if made before the erasure was requested, where the table says when.
    """
    matches: list[ColumnElement[bool]] = []
    for kind, name in declaration.located_by.items():
        values = locators.get(kind, ())
        if values and kind is Locator.EMAIL:
            matches.append(_has_address(table.c[name], values) & _made_before(table, requested_at))
        elif values:
            matches.append(table.c[name].in_(values))
    return or_(false(), *matches)


def _has_address(column: Column[str], addresses: Sequence[str]) -> ColumnElement[bool]:
    """Addresses are stored in their canonical spelling, so an index finds them however they are spelled here."""
    return column.in_({*addresses, *(one for one in map(_canonical, addresses) if one is not None)})


def _canonical(address: str) -> str | None:
    try:
        return canonical_address(address)
    except ValueError:
        return None


def _made_before(table: Table, requested_at: datetime | None) -> ColumnElement[bool]:
    if requested_at is None or CREATED not in table.c:
        return ~false()
    made: ColumnElement[bool] = table.c[CREATED] <= requested_at + SKEW
    return made
