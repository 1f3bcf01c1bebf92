"""The data inventory of one service: a closed world of its tables and recipients, and what is derived from it.

An undeclared store, or a declaration that cannot be carried out, keeps the service from starting, by name.
All holders of one service (its database, and the recipients it speaks to) are told the same kinds of identifier:
they run in one process, and a recipient's record is found through the database, so both must see one person alike.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import rfc8785
from sqlalchemy import Connection, MetaData, Table, inspect
from sqlmodel import SQLModel

from chassis.database import Database
from chassis.sealing import Sealed
from chassis.sealing.schema import misfits
from chassis.tables import DECLARATION
from contracts.personal_data import (
    RESTRICTION_STORE,
    Category,
    Declaration,
    ExternalStore,
    HolderPart,
    LegalBasis,
    Locator,
    NoPersonalData,
    PersonalData,
)
from kernel.durations import iso8601_duration

ATTRIBUTE = "__personal_data__"
# Art. 16: what names a person or says how to reach them. Art. 21: what rests on a balance, and direct marketing.
RECTIFIED = frozenset({Category.CONTACT, Category.IDENTITY})
OBJECTED = frozenset({Category.NEWSLETTER, Category.ANALYTICS})
OBJECTED_BASES = frozenset({LegalBasis.LEGITIMATE_INTERESTS, LegalBasis.PUBLIC_TASK})


class UndeclaredStore(Exception):
    """A store that the inventory does not know, or knows wrongly; the message names each."""


class Inventory:
    """What a service stores: the tables of `metadata` (classes of `base` and Core tables) and external stores."""

    def __init__(
        self, service: str, metadata: MetaData, base: type[SQLModel], external: tuple[ExternalStore, ...] = ()
    ) -> None:
        self.service = service
        self.external = external
        self._metadata = metadata
        self._base = base

    def check(self) -> None:
        """Refuse to go on while a table lacks a declaration of its own, or a declaration does not fit its table.

        Raises:
            UndeclaredStore: naming each of them.
        """
        found = self._found()
        faults = [f"{name}: no declaration of its own" for name in sorted(self._metadata.tables) if name not in found]
        for name, declaration in sorted(found.items()):
            faults += [f"{name}: {fault}" for fault in _misfits(self._metadata.tables[name], declaration)]
        if faults:
            raise UndeclaredStore(f"{self.service}: " + "; ".join(faults))

    def check_published(self, published: Mapping[str, Any]) -> None:
        """Compare with what is published for this service (contracts/schemas/holders.json): receipts refer to it.

        Raises:
            UndeclaredStore: the two differ.
        """
        if published.get(self.service) != self.document():
            raise UndeclaredStore(
                f"{self.service}: its inventory differs from contracts/schemas/holders.json; run: make contracts"
            )

    async def check_database(self, database: Database) -> None:
        """Compare the tables and columns that really exist with the declared ones.

        Raises:
            UndeclaredStore: naming what is there undeclared, or declared and not there.
        """
        real = await database.read(lambda session: _columns(session.connection()))
        declared = {f"{table.name}.{column.name}" for table in self._metadata.sorted_tables for column in table.columns}
        faults = [f"{name}: exists but is not declared" for name in sorted(real - declared)]
        faults += [f"{name}: declared but does not exist" for name in sorted(declared - real)]
        if faults:
            raise UndeclaredStore(f"{self.service}: " + "; ".join(faults))

    def declarations(self) -> dict[str, Declaration]:
        """The declaration of each table, by table name.

        Raises:
            UndeclaredStore: a table has none.
        """
        self.check()
        return dict(sorted(self._found().items()))

    def personal_tables(self) -> tuple[tuple[Table, PersonalData], ...]:
        """The tables that hold personal data; one that refers to another comes before it, so that it can go first."""
        found = self.declarations()
        pairs = ((table, found[table.name]) for table in reversed(self._metadata.sorted_tables))
        return tuple((table, declaration) for table, declaration in pairs if isinstance(declaration, PersonalData))

    def holders(self) -> tuple[HolderPart, ...]:
        """The service's own database as a holder, then each recipient."""
        kinds = self.locators()
        own = HolderPart(
            holder=self.service, service=self.service, locators=kinds, recipient=False, stores={**self.declarations()}
        )
        recipients = (
            HolderPart(
                holder=store.holder,
                service=self.service,
                locators=kinds,
                recipient=True,
                stores={store.holder: store},
            )
            for store in self.external
        )
        return (own, *recipients)

    def document(self) -> dict[str, Any]:
        """The inventory as JSON: for the list of holders, the record of processing and the policy page."""
        return {"service": self.service, "holders": [self._holder(part) for part in self.holders()]}

    def hash(self) -> str:
        """SHA-256 over the canonical document, in hex: it changes with every column, purpose and period."""
        return hashlib.sha256(rfc8785.dumps(self.document())).hexdigest()

    def _holder(self, part: HolderPart) -> dict[str, Any]:
        return {
            "holder": part.holder,
            "recipient": part.recipient,
            "locators": [kind.value for kind in part.locators],
            "stores": [self._store(name, declaration) for name, declaration in part.stores.items()],
        }

    def _store(self, name: str, declaration: Declaration | ExternalStore) -> dict[str, Any]:
        if isinstance(declaration, ExternalStore):
            return {"store": name, "personal_data": True, **_external(declaration)}
        columns = [column.name for column in self._metadata.tables[name].columns]
        if isinstance(declaration, NoPersonalData):
            return {"store": name, "personal_data": False, "columns": columns, "reason": declaration.reason}
        return {"store": name, "personal_data": True, "columns": columns, **_personal(declaration)}

    def locators(self) -> tuple[Locator, ...]:
        """The kinds of identifier by which a person's rows, or their record at a recipient, are found."""
        return self._kinds(self.declarations())

    def _kinds(self, found: Mapping[str, Declaration]) -> tuple[Locator, ...]:
        personal = [declaration for declaration in found.values() if isinstance(declaration, PersonalData)]
        kinds = {kind for declaration in personal for kind in declaration.located_by}
        kinds |= {kind for store in self.external for kind in store.located_by}
        return tuple(sorted(kinds))

    def _found(self) -> dict[str, Declaration]:
        said = {name: table.info.get(DECLARATION) for name, table in self._metadata.tables.items()}
        for model in _models(self._base):
            # Its own __dict__: a subclass would otherwise inherit in silence what was said of its parent.
            table = vars(model).get("__table__")
            if table is not None and table.name in said:
                said[table.name] = vars(model).get(ATTRIBUTE)
        found = {name: words for name, words in said.items() if isinstance(words, PersonalData | NoPersonalData)}
        restriction = found.get(RESTRICTION_STORE)
        if isinstance(restriction, PersonalData):
            found[RESTRICTION_STORE] = _restriction(restriction, self._kinds(found))
        return found


def _restriction(declaration: PersonalData, kinds: tuple[Locator, ...]) -> Declaration:
    """Restrictions are noted by whatever the service's other tables are found by; an address only by its keyed hash."""
    if not kinds:
        return NoPersonalData(reason="nobody is found here by any identifier, so nobody's data can be restricted")
    return replace(declaration, located_by={kind: "value" for kind in kinds if kind is not Locator.EMAIL})


def _models(base: type[SQLModel]) -> Iterator[type[SQLModel]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)


def _columns(connection: Connection) -> set[str]:
    tables = inspect(connection).get_multi_columns()
    return {f"{name}.{column['name']}" for (_, name), columns in tables.items() for column in columns}


def _misfits(table: Table, declaration: Declaration) -> Iterator[str]:
    yield from misfits(table)
    if isinstance(declaration, NoPersonalData):
        return
    rectified = declaration.rectifies or {}
    named = {*declaration.located_by.values(), *declaration.withheld, *rectified.values()}
    named |= set() if declaration.expires is None else {declaration.expires}
    yield from (f"there is no column {name}" for name in sorted(named - set(table.columns.keys())))
    sealed = {column.name for column in table.columns if isinstance(column.type, Sealed)}
    yield from (f"nobody can be located by the sealed {name}" for name in sealed & {*declaration.located_by.values()})
    if declaration.retained is None and not declaration.located_by and table.name != RESTRICTION_STORE:
        yield "nothing locates a person's rows, and no ground retains them"
    if declaration.retained is not None and declaration.retained.period < declaration.retention:
        yield "an erasure promises an end before the retention period ends"
    if declaration.retained is None:
        yield from _unsaid(declaration)


def _unsaid(declaration: PersonalData) -> Iterator[str]:
    """What a declaration does not say although some command may concern the table."""
    if declaration.rectifies is None and RECTIFIED & {*declaration.categories}:
        yield "holds contact or identity data, and does not say what a rectification changes (rectifies)"
    objected = declaration.legal_basis in OBJECTED_BASES or OBJECTED & {*declaration.categories}
    if declaration.ends_on_objection is None and objected:
        yield "does not say whether its rows end when a person objects (ends_on_objection)"


def _personal(declaration: PersonalData) -> dict[str, Any]:
    retained = declaration.retained
    return {
        "categories": [category.value for category in declaration.categories],
        "purpose": declaration.purpose,
        "legal_basis": declaration.legal_basis.value,
        "retention": iso8601_duration(declaration.retention),
        "located_by": {kind.value: column for kind, column in sorted(declaration.located_by.items())},
        "expires": declaration.expires,
        "source": declaration.source,
        "recipients": list(declaration.recipients),
        "withheld": sorted(declaration.withheld),
        "rectifies": {what.value: column for what, column in sorted((declaration.rectifies or {}).items())},
        "ends_on_objection": bool(declaration.ends_on_objection),
        "retained": None
        if retained is None
        else {
            "article": retained.article,
            "reason": retained.reason,
            "period": iso8601_duration(retained.period),
        },
    }


def _external(store: ExternalStore) -> dict[str, Any]:
    return {
        "recipient": store.recipient,
        "region": store.region,
        "categories": [category.value for category in store.categories],
        "purpose": store.purpose,
        "legal_basis": store.legal_basis.value,
        "retention": iso8601_duration(store.retention),
        "located_by": [kind.value for kind in store.located_by],
        "rectifies": [what.value for what in store.rectifies],
        "ends_on_objection": store.ends_on_objection,
        "restricts": store.restricts,
    }
