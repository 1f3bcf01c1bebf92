"""Rectification (Art. 16): a person's values changed where the inventory says that a table holds them."""

from sqlalchemy import Table, select, update

from chassis.database import Session, affected
from chassis.holder.rows import rows_of
from chassis.sealing import Sealed, reseal
from contracts.fulfilment import Command
from contracts.personal_data import PersonalData


def rectify(session: Session, table: Table, declaration: PersonalData, command: Command) -> int:
    """Write the new values into the person's rows; how many rows were found. Sealed values get a new key."""
    new = _new_values(declaration, command)
    if not new:
        return 0
    condition = rows_of(table, declaration, command.locators, command.requested_at)
    plain = {name: value for name, value in new.items() if not isinstance(table.c[name].type, Sealed)}
    count = affected(session, update(table).where(condition).values(plain)) if plain else 0
    sealed = {name: value for name, value in new.items() if name not in plain}
    # Last, since an address may be what the rows were found by.
    return reseal(session, table, condition, sealed) if sealed else count


def unrectified(session: Session, table: Table, declaration: PersonalData, command: Command) -> int:
    """How many of the rows that are found by what was told still hold another value."""
    new = _new_values(declaration, command)
    if not new:
        return 0
    condition = rows_of(table, declaration, command.locators, command.requested_at)
    rows = session.execute(select(*(table.c[name] for name in new)).where(condition))
    return sum(tuple(row) != tuple(new.values()) for row in rows)


def _new_values(declaration: PersonalData, command: Command) -> dict[str, str]:
    """The new values by column."""
    columns = declaration.rectifies or {}
    return {columns[what]: value for what, value in command.payload.items() if what in columns}
