"""Export: everything about the person and nothing about others, page by page, in pages that fit a message."""

import json
from typing import Any

import pytest
from sqlalchemy import insert

from chassis.holder.export import PAGE_BYTES_MAX
from contracts.errors import ErrorKind, Refusal
from contracts.holder import EXPORT_ROWS_MAX, ExportPage, ExportRequest
from tests.support.toy_service import Toy, locators_of, table


async def pages(toy: Toy, name: str) -> list[ExportPage]:
    found: list[ExportPage] = []
    cursor = None
    while not found or cursor:
        page = await toy.holder.export(ExportRequest(locators=locators_of(name), cursor=cursor))
        found.append(page)
        cursor = page.cursor
    return found


def rows(found: list[ExportPage]) -> dict[str, list[dict[str, Any]]]:
    stores: dict[str, list[dict[str, Any]]] = {}
    for page in found:
        for store in page.stores:
            stores.setdefault(store.store, []).extend(store.rows)
    return stores


async def test_every_store_tells_what_it_holds_about_the_person(toy: Toy) -> None:
    await toy.add_person("anna", notes=2, number=1)
    await toy.add_person("bo", notes=2, number=2)
    (page,) = await pages(toy, "anna")
    found = rows([page])
    assert set(found) == {"person", "note", "payment", "brevo"}
    assert found["person"] == [
        {
            "id": "id-anna", "email": "anna@school.example", "recipient_id": 1, "choices": {"weekly": True},
            "created_at": "2026-11-02T08:00:00Z",
        }
    ]  # fmt: skip
    assert found["brevo"] == [{"id": 1, "email": "anna@school.example"}]
    assert "bo" not in page.model_dump_json().replace("bookkeeping", "").replace("about", "").split('"')


async def test_a_store_says_why_and_how_long(toy: Toy) -> None:
    await toy.add_person("anna")
    (page,) = await pages(toy, "anna")
    note = next(store for store in page.stores if store.store == "note")
    assert (note.purpose, note.legal_basis, note.retention) == ("remember what was written", "consent", "P30D")
    assert note.categories == ["correspondence"]


async def test_what_is_withheld_stays_in(toy: Toy) -> None:
    await toy.add_person("anna")
    text = "".join(page.model_dump_json() for page in await pages(toy, "anna"))
    assert "password_hash" not in text
    assert b"secret".hex() not in text


async def test_pages_together_hold_every_row_once_and_in_order(toy: Toy) -> None:
    await toy.add_person("anna", notes=EXPORT_ROWS_MAX * 2 + 30)
    found = await pages(toy, "anna")
    assert len(found) == 3
    assert all(sum(len(store.rows) for store in page.stores) <= EXPORT_ROWS_MAX for page in found)
    ids = [row["id"] for row in rows(found)["note"]]
    assert ids == sorted(set(ids))
    assert len(ids) == EXPORT_ROWS_MAX * 2 + 30


async def test_pages_stay_below_the_size_of_a_message(toy: Toy) -> None:
    await toy.add_person("anna", notes=0)
    note = {"person_id": "id-anna", "text": "x" * 20_000, "written_at": toy.clock.now()}
    await toy.execute(*(insert(table("note")).values(note) for _ in range(20)))
    found = await pages(toy, "anna")
    assert max(len(page.model_dump_json()) for page in found) < PAGE_BYTES_MAX + 4096
    assert len(rows(found)["note"]) == 20


async def test_a_row_larger_than_a_page_comes_alone(toy: Toy) -> None:
    await toy.add_person("anna", notes=0)
    note = {"person_id": "id-anna", "text": "x" * 120_000, "written_at": toy.clock.now()}
    await toy.execute(insert(table("note")).values(note))
    assert len(rows(await pages(toy, "anna"))["note"]) == 1


async def test_a_key_of_two_columns_with_a_time_in_it_is_paged(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.holder.export.EXPORT_ROWS_MAX", 2)
    await toy.add_person("anna", notes=0)
    base = toy.clock.now().replace(microsecond=1)
    times = [base.replace(second=second) for second in range(1, 6)]
    payment = insert(table("payment"))
    rows_of_time = ({"payer": "id-anna", "paid_at": time, "amount": number} for number, time in enumerate(times))
    await toy.execute(*(payment.values(row) for row in rows_of_time))
    amounts = [row["amount"] for row in rows(await pages(toy, "anna"))["payment"]]
    assert amounts == [100, 0, 1, 2, 3, 4]


async def test_nobody_has_nothing(toy: Toy) -> None:
    await toy.add_person("anna")
    assert await toy.holder.export(ExportRequest(locators={})) == ExportPage(stores=[])


@pytest.mark.parametrize("cursor", ["x", "bm9uc2Vuc2U=", "WzksbnVsbF0=", "Wy0xLG51bGxd", "A" * 5000])
async def test_a_foreign_cursor_is_refused(toy: Toy, cursor: str) -> None:
    with pytest.raises(Refusal) as refused:
        await toy.holder.export(ExportRequest(locators={}, cursor=cursor))
    assert refused.value.kind is ErrorKind.MALFORMED


async def test_a_page_is_plain_json(toy: Toy) -> None:
    await toy.add_person("anna")
    (page,) = await pages(toy, "anna")
    assert json.loads(page.model_dump_json())["cursor"] is None
