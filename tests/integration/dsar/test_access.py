"""Access and portability: everything that is held, streamed as it is gathered, and nothing kept of it."""

import asyncio
import io
import json
import zipfile

import pytest

from contracts.dsar import CASE, CASES, DATA, LOOKUP, PACKAGE, Cases
from contracts.errors import ErrorKind, Refusal
from contracts.holder import SERVICES
from tests.integration.dsar.cases import Dsar

WEEK_SECONDS = 7 * 24 * 3600


async def test_the_data_of_every_service_comes_as_one_document(dsar: Dsar) -> None:
    dsar.holders.person("account-of-the-reader")
    dsar.holders.person("account-of-another")
    visitor = "visitor-account-of-the-reader"
    data = json.loads(await dsar.streamed(DATA, account_id="account-of-the-reader", visitor_id=visitor))
    assert [entry["service"] for entry in data["services"]] == list(SERVICES)
    assert data["controller"]["name"] == "Midgard AI AS"
    stores = {entry["service"]: entry["stores"] for entry in data["services"]}
    assert stores["gateway"] == []
    (consent,) = stores["consent"]
    assert [row["mark"] for row in consent["rows"]] == [f"account-of-the-reader-{number}" for number in range(3)]
    assert {"store", "categories", "purpose", "legal_basis", "retention", "source", "recipients", "rows"} == set(
        consent
    )
    assert "account-of-another" not in json.dumps(data)


async def test_a_service_that_is_away_is_named_instead_of_left_out(dsar: Dsar) -> None:
    dsar.holders.person("account-of-the-reader")
    dsar.holders.down.add("newsletter")
    with pytest.raises(Refusal) as refusal:
        await dsar.streamed(DATA, account_id="account-of-the-reader")
    assert refusal.value.kind is ErrorKind.UNAVAILABLE
    assert refusal.value.members["service"] == "newsletter"


async def test_a_package_is_readable_and_complete(dsar: Dsar) -> None:
    address = dsar.holders.person("account-of-the-packer")
    opened = await dsar.open("account-of-the-packer", "access")
    await dsar.until(opened, "closed")
    first, second = await dsar.until_letters(address, 2)
    assert opened.case_secret in first["links"][0]
    assert opened.case_secret in second["links"][0]
    package = await dsar.streamed(PACKAGE, {"id": opened.id}, account_id="account-of-the-packer", language="nb")
    archive = zipfile.ZipFile(io.BytesIO(package))
    assert archive.testzip() is None
    assert archive.namelist() == ["data.json", "data.html"]
    data, page = json.loads(archive.read("data.json")), archive.read("data.html").decode()
    assert [entry["service"] for entry in data["services"]] == list(SERVICES)
    assert "Behandlingsansvarlig" in page
    assert "account-of-the-packer-2" in page
    assert "nobody &lt;b&gt;" in page
    assert all(words in page for words in ("Datatilsynet", "Integritetsskyddsmyndigheten", "932739798"))
    assert "<script" not in page
    assert b"account-of-the-packer-2" in package  # stored as it is, so that a search finds it
    alone = {"id": opened.id, "form": "json"}
    assert json.loads(await dsar.streamed(PACKAGE, alone, account_id="account-of-the-packer"))["services"]
    alone["form"] = "html"
    read = await dsar.streamed(PACKAGE, alone, account_id="account-of-the-packer", language="en")
    assert "Your data at Larabot" in read.decode()


async def test_a_package_waits_until_every_service_has_answered(dsar: Dsar) -> None:
    dsar.holders.person("account-of-the-waiting")
    dsar.holders.down.add("analytics")
    opened = await dsar.open("account-of-the-waiting", "portability")
    await asyncio.sleep(0.5)
    assert (await dsar.case(opened)).state == "gathering"
    with pytest.raises(Refusal) as refusal:
        await dsar.streamed(PACKAGE, {"id": opened.id}, account_id="account-of-the-waiting")
    assert refusal.value.kind is ErrorKind.CONFLICT
    dsar.holders.down.clear()
    await dsar.until(opened, "closed")


async def test_a_page_that_cannot_be_read_holds_up_its_own_package_only(dsar: Dsar) -> None:
    for account in ("account-of-the-garbled", "account-of-the-healthy"):
        dsar.holders.person(account)
    dsar.holders.garbled.add("account-of-the-garbled")
    garbled = await dsar.open("account-of-the-garbled", "access")
    await dsar.until(await dsar.open("account-of-the-healthy", "access"), "closed")
    await dsar.service.restart()
    await dsar.until(await dsar.open("account-of-the-healthy", "portability"), "closed")
    assert (await dsar.case(garbled)).state == "gathering"
    assert "item failed" in dsar.service.log.read_text()
    dsar.holders.garbled.clear()
    await dsar.until(garbled, "closed")


async def test_a_repeated_request_is_the_same_case(dsar: Dsar) -> None:
    dsar.holders.person("account-of-the-repeating")
    key = "ab" * 32
    first, second = [await dsar.open("account-of-the-repeating", "access", idempotency_key=key) for _ in range(2)]
    assert (second.id, second.due_at, second.case_secret) == (first.id, first.due_at, None)
    mine: Cases = await dsar.ask(CASES, account_id="account-of-the-repeating")
    assert [case.id for case in mine.requests] == [first.id]


async def test_a_package_is_gone_after_seven_days(dsar: Dsar) -> None:
    dsar.holders.person("account-of-the-late")
    opened = await dsar.open("account-of-the-late", "access")
    await dsar.until(opened, "closed")
    await dsar.service.restart(clock_offset_seconds=WEEK_SECONDS + 60)
    with pytest.raises(Refusal) as refusal:
        await dsar.streamed(PACKAGE, {"id": opened.id}, account_id="account-of-the-late")
    # The caller's deadline is counted by its own clock, which did not move.
    assert refusal.value.kind in {ErrorKind.GONE, ErrorKind.TIMEOUT}


async def test_nobody_else_sees_a_case(dsar: Dsar) -> None:
    for account in ("account-of-the-owner", "account-of-the-nosy"):
        dsar.holders.person(account)
    opened = await dsar.open("account-of-the-owner", "access")
    strangers = [
        {"account_id": "account-of-the-nosy"},
        {"case_secret": "A" * 43},
        {"case_secret": "ö"},
        {},
    ]
    for stranger in strangers:
        with pytest.raises(Refusal) as refusal:
            await dsar.ask(CASE, {"id": opened.id}, **stranger)
        assert refusal.value.kind is ErrorKind.NOT_FOUND
    with pytest.raises(Refusal) as refusal:
        await dsar.streamed(PACKAGE, {"id": opened.id}, account_id="account-of-the-nosy")
    assert refusal.value.kind is ErrorKind.NOT_FOUND
    mine: Cases = await dsar.ask(CASES, account_id="account-of-the-owner")
    assert [case.id for case in mine.requests] == [opened.id]
    assert (await dsar.ask(CASES, account_id="account-of-the-nosy")).requests == []


@pytest.mark.parametrize("right", ["rectification", "restriction", "objection"])
async def test_what_a_person_must_decide_waits_for_a_caseworker(dsar: Dsar, right: str) -> None:
    dsar.holders.person("account-of-the-asking")
    opened = await dsar.open("account-of-the-asking", right)
    assert opened.state == "awaiting_instruction"


async def test_an_erasure_ends_the_persons_other_cases_and_says_so(dsar: Dsar) -> None:
    dsar.holders.person("account-of-the-quick")
    access = await dsar.open("account-of-the-quick", "access")
    await dsar.until(access, "closed")
    asked = await dsar.open("account-of-the-quick", "rectification")
    erased = await dsar.open("account-of-the-quick", "erasure")
    await dsar.until(erased, "closed")
    assert (await dsar.case(asked)).state == "closed"
    certificate = json.loads(await dsar.certificate(erased))
    assert {other["id"] for other in certificate["superseded"]} == {access.id, asked.id}


async def test_no_other_case_is_opened_while_an_erasure_is_under_way(dsar: Dsar) -> None:
    dsar.holders.person("account-on-its-way-out")
    dsar.holders.down.add("consent")
    await dsar.open("account-on-its-way-out", "erasure")
    with pytest.raises(Refusal) as refusal:
        await dsar.open("account-on-its-way-out", "access")
    assert (refusal.value.kind, refusal.value.reason) == (ErrorKind.CONFLICT, "erasure-under-way")


async def test_a_lookup_writes_to_any_address_once_a_day(dsar: Dsar) -> None:
    for _ in range(3):
        await dsar.ask(LOOKUP, {"email": "stranger@example.org"}, language="en")
    (letter,) = await dsar.until_letters("stranger@example.org", 1)
    assert letter["text"].splitlines()[0] == "http://localhost:8000/privacy"
    await asyncio.sleep(0.5)
    assert len(dsar.letters("stranger@example.org")) == 1
    assert b"stranger@example.org" not in dsar.service.database.read_bytes()
