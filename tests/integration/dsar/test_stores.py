"""One behaviour suite for the stores of dsar: the fakes of the unit tests, SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from chassis.database import Database, Session
from contracts.fulfilment import CommandKind
from contracts.holder import HOLDERS
from services.dsar.domain.attempts import POISONED_AFTER, QUARANTINE_RETRY, RETRY_MAX, Due
from services.dsar.domain.case import Letter, LetterKind
from services.dsar.ports import Requests
from tests.integration.dsar.databases import a_command, opened, sql_requests
from tests.support.clock import START, FakeClock
from tests.support.postgres import PostgresServer, postgres  # noqa: F401 — a fixture
from tests.unit.dsar.fakes import FakeRequests, a_case

KEY = "ab" * 32
LETTER = Letter(kind=LetterKind.ACCESS_RECEIVED, address="kim@example.org", language="sv", case_id="c" * 22)


@dataclass
class Stores:
    requests: Requests
    clock: FakeClock
    database: Database | None = None

    async def an_erasure(self, account_id: str) -> str:
        case = a_case(f"case-of-{account_id}", account_id, right="erasure", state="executing")
        assert await self.requests.record_erasure(case, a_command(f"the-command-of-{account_id}"), [LETTER])
        return f"the-command-of-{account_id}"


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    clock = FakeClock()
    if request.param == "fake":
        yield Stores(FakeRequests(clock), clock)
        return
    url = f"sqlite:///{tmp_path}/dsar.db"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = await server.fresh_database()
    async with opened(url, clock) as database:
        yield Stores(sql_requests(database, clock), clock, database)


async def test_a_case_is_read_as_it_was_recorded(stores: Stores) -> None:
    assert await stores.requests.record(a_case("case-1", "account-1"), [LETTER], None) == "case-1"
    found = await stores.requests.case("case-1")
    assert found is not None
    assert (found.right, found.state, found.received_at, found.account_id) == (
        "access",
        "gathering",
        START,
        "account-1",
    )
    assert (found.language, found.due_at) == ("nb", START + timedelta(days=30))
    assert await stores.requests.case("case-2") is None
    assert [case.id for case in await stores.requests.cases_of("account-1")] == ["case-1"]
    assert await stores.requests.cases_of("account-2") == []


async def test_the_same_key_of_the_same_account_opens_one_case(stores: Stores) -> None:
    asked = (stores.requests.record(a_case(f"case-{n}", "account-1"), [LETTER], KEY) for n in range(6))
    (case_id,) = set(await asyncio.gather(*asked))
    assert [case.id for case in await stores.requests.cases_of("account-1")] == [case_id]
    assert await stores.requests.record(a_case("of-another", "account-2"), [], KEY) == "of-another"
    assert await stores.requests.record(a_case("another", "account-1"), [], KEY[::-1]) == "another"
    found = await stores.requests.opened_by("account-1", KEY)
    assert found is not None
    assert found.id == case_id
    assert await stores.requests.opened_by("account-3", KEY) is None


async def test_an_account_has_one_erasure_even_if_asked_for_at_once(stores: Stores) -> None:
    asked = (
        stores.requests.record_erasure(
            a_case(f"case-{n}", "account-1", right="erasure", state="executing"), a_command(f"command-{n}"), [LETTER]
        )
        for n in range(6)
    )
    assert sorted(await asyncio.gather(*asked)) == [False] * 5 + [True]
    assert len(await stores.requests.cases_of("account-1")) == 1
    found = await stores.requests.erasure_case_of("account-1")
    assert found is not None
    assert {held.holder for held in found.holders} == set(HOLDERS)


async def test_an_erasure_ends_what_was_to_be_gathered(stores: Stores) -> None:
    await stores.requests.record(a_case("case-1", "account-1"), [], None)
    await stores.an_erasure("account-1")
    found = await stores.requests.case("case-1")
    assert found is not None
    assert found.state == "closed"
    assert await stores.requests.take() is None


async def test_a_package_is_gathered_once(stores: Stores) -> None:
    await stores.requests.record(a_case("case-1", "account-1"), [], None)
    for _ in range(2):
        await stores.requests.gathered("case-1", [])
    found = await stores.requests.case("case-1")
    assert found is not None
    assert (found.state, found.package_until) == ("closed", START + timedelta(days=7))
    assert await stores.requests.take() is None


async def test_who_fails_backs_off_alone_and_who_is_poisoned_is_put_aside(stores: Stores) -> None:
    for name in ("stuck", "poisoned"):
        await stores.requests.record(a_case(name, f"account-{name}"), [], None)
    quarantined = []
    for _ in range(POISONED_AFTER + 1):
        await stores.requests.put_off(Due("stuck", START), is_poison=False)
        quarantined.append(await stores.requests.put_off(Due("poisoned", START), is_poison=True))
    assert quarantined == [False] * (POISONED_AFTER - 1) + [True, False]
    stores.clock.advance(timedelta(seconds=1))
    await stores.requests.record(a_case("healthy", "account-healthy"), [], None)
    assert await stores.requests.take() == Due("healthy", START)
    stores.clock.advance(RETRY_MAX)
    taken = await stores.requests.take()
    assert isinstance(taken, Due)
    assert taken.key == "stuck"
    stores.clock.advance(QUARANTINE_RETRY)
    taken = await stores.requests.take()
    assert isinstance(taken, Due)
    assert taken.key == "healthy"


async def test_a_case_is_taken_by_one_and_again_only_after_its_lease(stores: Stores) -> None:
    await stores.requests.record(a_case("case-1", "account-1"), [], None)
    first, second = await asyncio.gather(stores.requests.take(), stores.requests.take())
    assert sorted(isinstance(taken, Due) for taken in (first, second)) == [False, True]
    stores.clock.advance(timedelta(minutes=5))
    assert isinstance(await stores.requests.take(), Due)


async def test_hundreds_that_cannot_be_gathered_hide_nobody(stores: Stores) -> None:
    for number in range(150):
        await stores.requests.record(a_case(f"stuck-{number}", f"account-{number}"), [], None)
        await stores.requests.put_off(Due(f"stuck-{number}", START), is_poison=False)
    stores.clock.advance(RETRY_MAX)
    await stores.requests.record(a_case("new", "account-new"), [], None)
    assert await stores.requests.take() == Due("new", START)


async def test_a_command_goes_with_a_case_that_waits_for_it_and_with_no_other(stores: Stores) -> None:
    await stores.requests.record(a_case("case-1", "account-1", "restriction", "awaiting_instruction"), [], None)
    await stores.requests.record(a_case("case-2", "account-2"), [], None)
    command = a_command("command-1", CommandKind.RESTRICT)
    assert not await stores.requests.record_command("case-0", command)
    assert not await stores.requests.record_command("case-2", command)
    asked = (
        stores.requests.record_command("case-1", a_command(f"command-{n}", CommandKind.RESTRICT)) for n in range(3)
    )
    assert sorted(await asyncio.gather(*asked)) == [False, False, True]
    found = await stores.requests.case("case-1")
    assert found is not None
    assert (found.state, [held.holder for held in found.holders]) == ("executing", list(HOLDERS))


async def test_a_lookup_writes_once(stores: Stores) -> None:
    for _ in range(2):
        await stores.requests.note_lookup("aa" * 32, LETTER)
    assert await letters_in(stores) == 1


async def letters_in(stores: Stores) -> int:
    if stores.database is None:
        assert isinstance(stores.requests, FakeRequests)
        return len(stores.requests.letters)
    return await stores.database.read(count_letters)


def count_letters(session: Session) -> int:
    found: int = session.execute(text("SELECT count(*) FROM mail_queue")).scalar_one()
    return found
