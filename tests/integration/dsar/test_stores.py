"""One behaviour suite for the stores of dsar: the fakes of the unit tests, SQLite and PostgreSQL."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from chassis.database import Database, Session
from chassis.migrations import migrate, pending_changes
from contracts.holder import HOLDERS
from kernel.erasure_receipt import coverages
from services.dsar.adapters.erasures import SqlErasures
from services.dsar.adapters.letters import LetterTemplates
from services.dsar.adapters.receipts import SqlReceipts
from services.dsar.adapters.requests import SqlRequests
from services.dsar.domain.attempts import POISONED_AFTER, QUARANTINE_RETRY, Due
from services.dsar.domain.case import Letter, LetterKind, NewErasure
from services.dsar.inventory import INVENTORY
from services.dsar.ports import Expected, Receipts, Requests
from services.dsar.settings import INVENTORIES, POLICIES
from services.dsar.tables import Base, CaseRecord, Erasure
from tests.support.clock import START, FakeClock
from tests.support.postgres import PostgresServer, postgres  # noqa: F401 — a fixture
from tests.support.sealing import sealed_database
from tests.unit.dsar.fakes import FakeRequests, a_case

MIGRATIONS = Path("services/dsar/migrations")
COVERAGE = coverages(json.loads(INVENTORIES.read_bytes())["inventories"])
KEY = "ab" * 32
LETTER = Letter(kind=LetterKind.ACCESS_RECEIVED, address="kim@example.org", language="sv", case_id="c" * 22)
MANY = 5000


@dataclass
class Stores:
    requests: Requests
    receipts: Receipts
    clock: FakeClock
    database: Database | None = None

    async def an_erasure(self, account_id: str) -> str:
        case = a_case(f"case-of-{account_id}", account_id, right="erasure", state="executing")
        assert await self.requests.record_erasure(case, an_erasure(f"erasure-of-{account_id}"), [LETTER])
        return f"erasure-of-{account_id}"


def an_erasure(erasure_id: str) -> NewErasure:
    locators = {"account_id": ["account"], "email": ["kim@example.org", "kim@example.org"]}
    hashes = [{"kind": "account_id", "hash": "ef" * 32}]
    return NewErasure(erasure_id=erasure_id, locators=locators, hashes=hashes, commitments=["01" * 32])


def opened(url: str, clock: FakeClock) -> AbstractAsyncContextManager[Database]:
    return sealed_database("dsar", Base.metadata, url, clock, MIGRATIONS)


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path}/dsar.db"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = await server.fresh_database()
    async with opened(url, FakeClock()) as database:
        yield database


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    clock = FakeClock()
    if request.param == "fake":
        fake = FakeRequests(clock, COVERAGE)
        yield Stores(fake, fake.receipts, clock)
        return
    url = f"sqlite:///{tmp_path}/dsar.db"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = await server.fresh_database()
    async with opened(url, clock) as database:
        yield Stores(sql_requests(database, clock), SqlReceipts(database, clock), clock, database)


def sql_requests(database: Database, clock: FakeClock) -> SqlRequests:
    return SqlRequests(database, LetterTemplates(POLICIES, "https://larabot.example"), clock, COVERAGE)


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
            a_case(f"case-{n}", "account-1", right="erasure", state="executing"), an_erasure(f"erasure-{n}"), [LETTER]
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
    assert await stores.requests.due(10) == ([], None)


async def test_a_package_is_gathered_once(stores: Stores) -> None:
    await stores.requests.record(a_case("case-1", "account-1"), [], None)
    for _ in range(2):
        await stores.requests.gathered("case-1", [])
    found = await stores.requests.case("case-1")
    assert found is not None
    assert (found.state, found.package_until) == ("closed", START + timedelta(days=7))
    assert await stores.requests.due(10) == ([], None)


async def test_who_fails_backs_off_alone_and_who_is_poisoned_is_put_aside(stores: Stores) -> None:
    for name in ("stuck", "poisoned", "healthy"):
        await stores.requests.record(a_case(name, f"account-{name}"), [], None)
    quarantined = []
    for _ in range(POISONED_AFTER + 1):
        due, _ = await stores.requests.due(10)
        items = {item.key: item for item in due}
        assert "healthy" in items
        if "stuck" in items:
            assert not await stores.requests.fail(items["stuck"], is_poison=False)
        quarantined.append(await stores.requests.fail(Due("poisoned", START), is_poison=True))
        stores.clock.advance(timedelta(milliseconds=100))
    assert quarantined == [False] * (POISONED_AFTER - 1) + [True, False]
    stores.clock.advance(QUARANTINE_RETRY)
    due, _ = await stores.requests.due(10)
    assert {item.key for item in due} == {"stuck", "poisoned", "healthy"}
    assert due[0].key == "healthy"


async def test_hundreds_that_cannot_be_gathered_hide_nobody(stores: Stores) -> None:
    for number in range(150):
        await stores.requests.record(a_case(f"stuck-{number}", f"account-{number}"), [], None)
    for _ in range(3):
        due, _ = await stores.requests.due(200)
        for item in due:
            await stores.requests.fail(item, is_poison=False)
    await stores.requests.record(a_case("new", "account-new"), [], None)
    due, _ = await stores.requests.due(1)
    assert [item.key for item in due] == ["new"]


async def test_a_receipt_is_stored_once_and_a_refused_one_is_shown_until_then(stores: Stores) -> None:
    erasure_id = await stores.an_erasure("account-1")
    assert await stores.receipts.expected("erasure-of-nobody", "auth") is None
    expected = await stores.receipts.expected(erasure_id, "auth")
    assert expected is not None
    assert (expected.frozen, expected.is_in) == (COVERAGE["auth"], False)
    await stores.receipts.refuse(erasure_id, "auth", "probe")
    assert (await held(stores))["auth"].refused == "probe"
    leaves = [bytes([number]) * 32 for number in range(4)]
    stored = await asyncio.gather(*(stores.receipts.store(erasure_id, "auth", b"{}", leaf) for leaf in leaves))
    assert sorted(stored) == ["duplicate"] * 3 + ["stored"]
    await stores.receipts.refuse(erasure_id, "auth", "probe")
    assert ((await held(stores))["auth"].refused, (await held(stores))["auth"].received_at) == (None, START)
    assert await stores.receipts.store(erasure_id, "nobody", b"{}", leaves[0]) == "unexpected"
    expected = await stores.receipts.expected(erasure_id, "auth")
    assert expected is not None
    assert expected.is_in


async def held(stores: Stores) -> dict[str, Any]:
    found = await stores.requests.erasure_case_of("account-1")
    assert found is not None
    return {one.holder: one for one in found.holders}


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


async def test_receipts_of_many_stand_in_one_log_without_a_gap(database: Database) -> None:
    clock = FakeClock()
    stores = Stores(sql_requests(database, clock), SqlReceipts(database, clock), clock, database)
    erasures = [await stores.an_erasure(f"account-{number}") for number in range(3)]
    await asyncio.gather(
        *(
            stores.receipts.store(erasure_id, holder, json.dumps({"of": erasure_id}).encode(), bytes(32))
            for erasure_id in erasures
            for holder in HOLDERS
        )
    )
    indexes = await database.read(
        lambda session: session.execute(text("SELECT leaf_index FROM expected_receipt ORDER BY 1")).scalars().all()
    )
    assert indexes == list(range(3 * len(HOLDERS)))


async def test_every_step_of_an_erasure_on_both_engines(database: Database) -> None:
    clock = FakeClock()
    requests, receipts = sql_requests(database, clock), SqlReceipts(database, clock)
    erasures = SqlErasures(database, LetterTemplates(POLICIES, "https://larabot.example"), clock)
    erasure_id = await Stores(requests, receipts, clock).an_erasure("account-1")
    case_id = "case-of-account-1"
    (due,), _ = await erasures.due(10)
    await erasures.postpone(due, START + timedelta(minutes=1))
    assert await erasures.due(10) == ([], START + timedelta(minutes=1))
    await erasures.ask_holders(erasure_id, again=False)
    await erasures.ask_holders(erasure_id, again=True)
    await erasures.say_goodbye(erasure_id, case_id, "secret")
    progress = await erasures.progress(erasure_id)
    assert progress is not None
    assert progress.letters_waiting
    claim = await erasures.claim(erasure_id, "auth")
    assert claim is not None
    assert {kind.value for kind in claim.locators} == {"account_id", "email"}
    await erasures.take_turn(erasure_id, ask_again=True)
    assert await erasures.turn_has_come(erasure_id)
    for holder in HOLDERS:
        await receipts.store(erasure_id, holder, b'{"body": {}}', bytes(32))
    assert [item.key for item in (await erasures.due(10))[0]] == [erasure_id]
    await erasures.certify(erasure_id, case_id)
    record = await erasures.record(erasure_id)
    assert record is not None
    assert (record.tree_size, len(record.receipts)) == (len(HOLDERS), len(HOLDERS))
    await erasures.forget(erasure_id)
    await erasures.close(erasure_id, case_id)
    assert await erasures.progress(erasure_id) is None
    assert await erasures.due(10) == ([], None)
    assert await erasures.locators(erasure_id) == {}


SEARCHED = {
    "ix_erasure_next_attempt_at": "SELECT erasure_id FROM erasure WHERE next_attempt_at <= '2026-11-02 08:00:09'"
    " ORDER BY next_attempt_at LIMIT 64",
    "ix_case_record_next_attempt_at": "SELECT id FROM case_record WHERE next_attempt_at <= '2026-11-02 08:00:09'"
    " ORDER BY next_attempt_at LIMIT 64",
    "ix_case_party_account_id": "SELECT r.id FROM case_record r LEFT JOIN case_party p ON p.case_id = r.id"
    " WHERE p.account_id = 'account-7' ORDER BY r.recorded_at DESC LIMIT 200",
    "receipt_log_node": "SELECT hash FROM receipt_log_node WHERE level = 0 AND position IN (7, 9)"
    " OR level = 1 AND position IN (3)",
    "ix_case_record_recorded_at": "SELECT id FROM case_record WHERE recorded_at < '2026-11-01 00:00:00' LIMIT 500",
    "ix_erasure_recorded_at": "SELECT erasure_id FROM erasure WHERE recorded_at < '2026-11-01 00:00:00' LIMIT 500",
}


async def test_what_is_searched_is_found_by_an_index_at_volume(database: Database) -> None:
    await database.write(fill)
    plans = {name: await database.read(plan_of, query) for name, query in SEARCHED.items()}
    assert {name: plan for name, plan in plans.items() if name not in plan or "SCAN" in plan.upper().split()} == {}


def plan_of(session: Session, query: str) -> str:
    if session.get_bind().dialect.name == "sqlite":
        return " ".join(row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {query}")))
    plan = " ".join(row[0] for row in session.execute(text(f"EXPLAIN {query}")))
    return plan.replace("Index Scan", "index").replace("Index Only Scan", "index").replace("Bitmap Heap Scan", "index")


def fill(session: Session) -> None:
    for number in range(MANY):
        at = START + timedelta(seconds=number)
        case = {"right": "access", "due_at": START}
        due = {"recorded_at": at, "next_attempt_at": at, "failures": 0}
        party = {"case_id": f"c{number}", "account_id": f"account-{number}", "details": "", "language": "sv"}
        erasure = {"erasure_id": f"e{number}", "case_id": f"c{number}", "sequence": number}
        rows = {
            "case_record": {**case, **due, "id": f"c{number}", "state": "gathering", "account_hash": "h"},
            "case_party": {**case, **party, "received_at": at},
            "erasure": {**erasure, **due, "commitments": [], "superseded": []},
            "receipt_log_node": {"level": 0, "position": number, "hash": "00" * 32},
        }
        for name, row in rows.items():
            session.execute(insert(Base.metadata.tables[name]), row)
    session.execute(text("ANALYZE"))


FIRST_ROWS = """
INSERT INTO case_record (id, "right", state, recorded_at, due_at, account_hash, erasure_id)
VALUES ('c1', 'access', 'gathering', '2026-11-02 08:00:00', '2026-12-02 08:00:00', 'h', NULL),
       ('c2', 'erasure', 'executing', '2026-11-02 08:00:00', '2026-12-02 08:00:00', 'h', 'e2');
INSERT INTO erasure (erasure_id, case_id, sequence, recorded_at, commitments, superseded)
VALUES ('e2', 'c2', 1, '2026-11-02 08:00:00', '[]', '[]');
INSERT INTO expected_receipt (erasure_id, holder, recipient, recorded_at)
VALUES ('e2', 'auth', false, '2026-11-02 08:00:00');
INSERT INTO log_node (level, position, hash) VALUES (0, 0, '00');
INSERT INTO log_size (id, size) VALUES (1, 1)
"""


def add_first_rows(session: Session) -> None:
    for statement in FIRST_ROWS.split(";"):
        session.execute(text(statement))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_an_installation_of_the_first_revision_goes_on(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/dsar.db"
    if engine == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = await server.fresh_database()
    shutil.copytree(MIGRATIONS, tmp_path / "first", ignore=shutil.ignore_patterns("000[2-9]*", "__pycache__"))
    clock = FakeClock()
    async with sealed_database("dsar", Base.metadata, url, clock, tmp_path / "first") as database:
        await database.write(add_first_rows)
        await migrate(database, MIGRATIONS, Base.metadata)
        requests, receipts = sql_requests(database, clock), SqlReceipts(database, clock)
        assert [item.key for item in (await requests.due(10))[0]] == ["c1"]
        assert await receipts.expected("e2", "auth") == Expected(frozen=None, is_in=False)
        assert await receipts.store("e2", "auth", b"{}", bytes(32)) == "stored"
        erasures = SqlErasures(database, LetterTemplates(POLICIES, "https://larabot.example"), clock)
        assert [item.key for item in (await erasures.due(10))[0]] == ["e2"]


def test_the_migrations_make_what_the_models_say() -> None:
    assert pending_changes(Base.metadata, MIGRATIONS) == []


def test_every_table_is_declared() -> None:
    INVENTORY.check()
    assert {table.__tablename__ for table in (CaseRecord, Erasure)} <= set(INVENTORY.declarations())
