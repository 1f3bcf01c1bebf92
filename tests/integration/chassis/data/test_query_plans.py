"""A person's rows are found by an index, however many other people there are (export, erasure, probe, retention)."""

from datetime import timedelta

import pytest
from sqlalchemy import Executable, delete, insert, select

from chassis.database import Session
from chassis.holder.rows import rows_of
from contracts.personal_data import PersonalData
from tests.support.query_plans import analyse, tables_read_whole
from tests.support.toy_service import INVENTORY, Toy, locators_of, table

PEOPLE = 5_000


@pytest.fixture
async def crowded(toy: Toy) -> Toy:
    now = toy.clock.now()
    people = [
        {
            "id": f"id-p{n}", "email": f"p{n}@school.example", "password_hash": b"", "recipient_id": n, "choices": {},
            "created_at": now,
        }
        for n in range(PEOPLE)
    ]  # fmt: skip
    notes = [{"person_id": f"id-p{n}", "text": "", "written_at": now} for n in range(PEOPLE)]
    letters = [
        {
            "id": f"l{n}", "address": f"p{n}@school.example", "message": b"", "attempts": 0,
            "due_at": now + timedelta(days=1), "created_at": now,
        }
        for n in range(PEOPLE)
    ]  # fmt: skip
    for name, rows in (("person", people), ("note", notes), ("mail_queue", letters)):
        await toy.database.write(fill, name, rows)
    await analyse(toy.database)
    return toy


def fill(session: Session, name: str, rows: list[dict[str, object]]) -> None:
    session.execute(insert(table(name)), rows)


def of_a_person(toy: Toy) -> list[Executable]:
    found: list[Executable] = []
    for personal, declaration in INVENTORY.personal_tables():
        assert isinstance(declaration, PersonalData)
        if declaration.located_by:
            theirs = rows_of(personal, declaration, locators_of("P4711"), toy.clock.now())
            found += [select(personal).where(theirs), delete(personal).where(theirs)]
    return found


async def test_what_is_a_persons_is_found_by_an_index(crowded: Toy) -> None:
    plans = [await tables_read_whole(crowded.database, one) for one in of_a_person(crowded)]
    assert len(plans) >= 6
    assert set().union(*plans) <= {"payment"}  # of which there is none


async def test_an_address_is_found_however_it_is_spelled(toy: Toy) -> None:
    await toy.add_person("anna")
    (person, declaration) = next(pair for pair in INVENTORY.personal_tables() if pair[0].name == "person")
    for spelled in ("anna@school.example", "ANNA@School.Example", "Anna@SCHOOL.example"):
        theirs = rows_of(person, declaration, {"email": [spelled]}, toy.clock.now())  # type: ignore[dict-item]
        assert await toy.database.read(Session.scalar, select(person.c.id).where(theirs)) == "id-anna"
