"""Which rows are a person's."""

import pytest
from sqlalchemy import select

from chassis.database import Session
from chassis.holder.rows import rows_of
from contracts.personal_data import Locator
from tests.support.toy_service import INVENTORY, Toy


@pytest.mark.parametrize("spelled", ["anna@school.example", "ANNA@School.Example", "Anna@SCHOOL.example"])
async def test_an_address_is_found_however_it_is_spelled(toy: Toy, spelled: str) -> None:
    await toy.add_person("anna")
    person, declaration = next(pair for pair in INVENTORY.personal_tables() if pair[0].name == "person")
    theirs = rows_of(person, declaration, {Locator.EMAIL: [spelled]}, toy.clock.now())
    assert await toy.database.read(Session.scalar, select(person.c.id).where(theirs)) == "id-anna"
