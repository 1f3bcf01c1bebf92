"""The inventory: a closed world, refused by name, and the document that follows from it."""

import json
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from sqlalchemy import Column, MetaData, String, Table
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.database import UtcDateTime
from chassis.inventory import Inventory, UndeclaredStore
from chassis.tables import standard_tables
from contracts.personal_data import Category, LegalBasis, Locator, NoPersonalData, PersonalData, Retained
from tests.support.toy_service import INVENTORY, METADATA, RECIPIENT, SERVICE

FIELDS: dict[str, Any] = {
    "categories": (Category.CONTACT,),
    "purpose": "test",
    "legal_basis": LegalBasis.CONSENT,
    "retention": timedelta(days=30),
    "located_by": {Locator.EMAIL: "email"},
    "expires": "at",
    "rectifies": {},
}


def an_inventory(declaration: Any = None, *, base: type[SQLModel] | None = None) -> Inventory:
    """Of one table `thing` with this declaration, or of the tables of a base."""
    if base is None:

        class Base(SQLModel, registry=registry()):
            pass

        class Thing(Base, table=True):
            __personal_data__: ClassVar[Any] = declaration

            id: str = Field(primary_key=True)
            email: str
            at: datetime = Field(sa_type=UtcDateTime)

        base = Base
    return Inventory("toy", base.metadata, base)


def test_a_declared_world_is_accepted() -> None:
    nothing = NoPersonalData(reason="nothing about anybody")
    assert an_inventory(PersonalData(**FIELDS)).declarations()["thing"] == PersonalData(**FIELDS)
    assert an_inventory(nothing).declarations()["thing"] == nothing


def test_an_undeclared_table_is_refused_by_name() -> None:
    with pytest.raises(UndeclaredStore, match="toy: thing: no declaration of its own"):
        an_inventory(None).check()


def test_a_declaration_of_the_wrong_kind_does_not_count() -> None:
    with pytest.raises(UndeclaredStore, match="thing"):
        an_inventory("no personal data").check()


def test_an_undeclared_core_table_is_refused_by_name() -> None:
    metadata = MetaData()
    Table("stray", metadata, Column("id", String, primary_key=True))
    with pytest.raises(UndeclaredStore, match="stray: no declaration"):
        Inventory("toy", metadata, SQLModel).check()


def test_what_was_said_of_a_parent_is_not_said_of_its_child() -> None:
    class Base(SQLModel, registry=registry()):
        __personal_data__: ClassVar[Any] = NoPersonalData(reason="said of the base only")

    class Parent(Base, table=True):
        __personal_data__: ClassVar[Any] = NoPersonalData(reason="said of the parent only")
        id: str = Field(primary_key=True)

    class Child(Base, table=True):
        id: str = Field(primary_key=True)

    with pytest.raises(UndeclaredStore, match=r"^toy: child: no declaration of its own$"):
        an_inventory(base=Base).check()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"located_by": {Locator.EMAIL: "mail"}}, "no column mail"),
        ({"expires": "ends_at"}, "no column ends_at"),
        ({"withheld": frozenset({"hash"})}, "no column hash"),
        ({"located_by": {}}, "nothing locates"),
        ({"retained": Retained(article="17(3)(b)", reason="law", period=timedelta(days=29))}, "promises an end before"),
    ],
)
def test_a_declaration_that_cannot_be_carried_out_is_refused(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(UndeclaredStore, match=fault):
        an_inventory(PersonalData(**{**FIELDS, **change})).check()


def test_the_database_and_each_recipient_are_holders_told_the_same_kinds() -> None:
    own, recipient = INVENTORY.holders()
    assert (own.holder, own.recipient, recipient.holder, recipient.recipient) == (SERVICE, False, RECIPIENT, True)
    assert own.locators == recipient.locators == (Locator.ACCOUNT_ID, Locator.EMAIL)
    assert list(recipient.stores) == [RECIPIENT]


def test_rows_that_refer_to_others_go_first() -> None:
    names = [table.name for table, _ in INVENTORY.personal_tables()]
    assert names.index("note") < names.index("person")


def test_the_document_is_json_and_complete() -> None:
    document = json.loads(json.dumps(INVENTORY.document()))
    stores = {store["store"]: store for store in document["holders"][0]["stores"]}
    assert set(stores) == {*METADATA.tables}
    assert stores["note"]["retention"] == "P30D"
    assert stores["person"]["withheld"] == ["password_hash"]
    assert stores["payment"]["retained"]["article"] == "Art. 17(3)(b)"
    assert stores["tariff"] == {
        "store": "tariff", "personal_data": False, "columns": ["name", "price"], "reason": "prices, the same for all",
    }  # fmt: skip
    assert document["holders"][1]["stores"][0]["recipient"] == "Brevo"


def test_the_hash_stays_until_anything_changes() -> None:
    def hash_with(**change: Any) -> str:
        return an_inventory(PersonalData(**{**FIELDS, **change})).hash()

    assert hash_with() == hash_with()
    changed = {hash_with(purpose="other"), hash_with(retention=timedelta(days=31)), hash_with(), hash_with(source="x")}
    assert len(changed) == 4


def test_the_chassis_tables_declare_themselves() -> None:
    metadata = MetaData()
    standard_tables(metadata, mail=True, recipients=True)
    Inventory("toy", metadata, SQLModel).check()
    assert {"outbox", "inbox", "mail_queue", "alembic_version"} <= set(metadata.tables)


def test_a_service_without_letters_and_recipients_has_no_tables_for_them() -> None:
    tables = standard_tables(MetaData(), mail=False)
    assert (tables.mail_queue, tables.recipient_erasure) == (None, None)
