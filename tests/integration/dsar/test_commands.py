"""Commands from issue to close over a real database, with services that answer by a script."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from chassis.database import Database, Session
from chassis.migrations import pending_changes
from contracts.errors import ErrorKind, Refusal
from contracts.fulfilment import CommandKind
from contracts.holder import HOLDERS, SERVICES
from services.dsar.domain.attempts import POISONED_AFTER, QUARANTINE_RETRY, RETRY_MAX
from services.dsar.domain.command import LETTER_WAITS, OWN_HOLDER
from services.dsar.domain.deadline import LATE_AFTER
from services.dsar.inventory import INVENTORY
from services.dsar.tables import Base
from services.dsar.usecases.check_answers import CheckAnswers
from services.dsar.usecases.deliver_commands import DELIVERIES_MAX
from tests.integration.dsar.databases import COVERAGES, MIGRATIONS, a_command, opened
from tests.integration.dsar.engine import KEYS, Engine, dirty, honest, waiting
from tests.support.clock import START, FakeClock
from tests.support.postgres import PostgresServer, postgres  # noqa: F401 — a fixture
from tests.unit.dsar.fakes import a_case

MANY = 5000


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path}/dsar.db"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = await server.fresh_database()
    async with opened(url, clock) as database:
        yield database


@pytest.fixture
def engine(database: Database, clock: FakeClock) -> Engine:
    return Engine(database, clock)


async def test_an_erasure_goes_through_in_order_and_leaves_no_identifier(engine: Engine) -> None:
    await engine.erase("account-1")
    await engine.conduct()
    assert engine.accounts.blocked == ["account-1"]
    assert engine.services.calls == []
    await engine.tell()
    await engine.conduct()
    assert (await engine.held("account-1"))[OWN_HOLDER] == "waiting"  # the last letter has not gone yet
    await engine.send_letters()
    assert await engine.conduct() is None
    assert await engine.state("account-1") == "closed"
    assert set((await engine.held("account-1")).values()) == {"done"}
    assert engine.services.calls[-1][0] == OWN_HOLDER
    for table in ("command_locator", "command_value", "command_letter"):
        assert await engine.rows(f"SELECT * FROM {table}") == []  # noqa: S608 — one of ours
    record = await engine.commands.record("the-command-of-account-1")
    assert record is not None
    assert [one.holder for one in record.holders] == list(HOLDERS)
    assert len(record.receipts) == len(HOLDERS)


async def test_many_are_told_in_one_call_and_stand_in_one_log_without_a_gap(engine: Engine) -> None:
    for number in range(DELIVERIES_MAX):
        await engine.erase(f"account-{number}")
    await engine.run()
    assert [await engine.state(f"account-{number}") for number in range(DELIVERIES_MAX)] == ["closed"] * DELIVERIES_MAX
    assert {len(ids) for _, ids in engine.services.calls} == {DELIVERIES_MAX}
    assert len(engine.services.calls) == len(SERVICES)
    indexes = await engine.rows("SELECT leaf_index FROM expected_receipt ORDER BY 1")
    assert [index for (index,) in indexes] == list(range(DELIVERIES_MAX * len(HOLDERS)))
    log = await engine.rows("SELECT count(*) FROM receipt_log_node WHERE level = 0")
    assert log == [(DELIVERIES_MAX * len(HOLDERS),)]


async def test_a_case_tells_its_own_identifiers_only(engine: Engine) -> None:
    for name in ("account-1", "account-2"):
        await engine.erase(name)
    await engine.conduct()
    await engine.tell()
    for (_, command_id), command in engine.services.told.items():
        values = {value for kind, found in command.locators.items() for value in found}
        assert all(value.startswith(command_id.removeprefix("the-command-of-")) for value in values), command_id


async def test_our_own_part_waits_a_minute_for_the_mail_and_no_longer(engine: Engine) -> None:
    await engine.erase("account-1")
    await engine.conduct()
    await engine.tell()
    assert await engine.conduct() == LETTER_WAITS.total_seconds()
    engine.clock.advance(LETTER_WAITS)
    await engine.conduct()
    assert await engine.state("account-1") == "closed"


async def test_a_letter_that_goes_while_its_command_is_put_to_wait_is_not_missed(engine: Engine) -> None:
    await engine.erase("account-1")
    await engine.conduct()
    await engine.tell()
    assert await engine.conduct() == LETTER_WAITS.total_seconds()
    engine.clock.advance(LETTER_WAITS - timedelta(seconds=1))
    await engine.change("UPDATE command SET next_attempt_at = letter_at")  # looked at for whatever reason
    found, _, _ = await engine.commands.due(10)
    engine.clock.advance(timedelta(microseconds=1))
    await engine.send_letters()
    until = {progress.command_id: progress.next_look(engine.clock.now()) for progress in found}
    await engine.commands.postpone(found, until)
    await engine.conduct()
    assert await engine.state("account-1") == "closed"


async def test_a_service_that_is_away_delays_its_own_part_only_and_is_asked_at_once_when_it_is_back(
    engine: Engine,
) -> None:
    engine.services.away["consent"] = Refusal(ErrorKind.UNAVAILABLE, "bus-down")
    await engine.erase("account-1")
    await engine.conduct()
    await engine.tell()
    assert {name for name, state in (await engine.held("account-1")).items() if state == "waiting"} == {
        "consent",
        OWN_HOLDER,
    }
    for _ in range(50):
        engine.clock.advance(RETRY_MAX)
        await engine.tell("consent")
    assert (await engine.rows("SELECT count(*) FROM expected_receipt WHERE quarantined_at IS NOT NULL")) == [(0,)]
    engine.services.away.clear()
    await engine.tell("consent")
    assert (await engine.held("account-1"))["consent"] == "waiting"  # its time has not come
    await engine.deliveries.hurry("consent")
    await engine.tell("consent")
    assert (await engine.held("account-1"))["consent"] == "done"


async def test_a_recipient_takes_its_time_and_a_word_that_overtakes_the_answer_is_not_lost(engine: Engine) -> None:
    engine.services.scripts["brevo"] = waiting
    await engine.erase("account-1")
    await engine.run()
    assert await engine.state("account-1") == "waiting_for_recipients"
    engine.clock.advance(RETRY_MAX)
    deliveries, _, _ = await engine.deliveries.due("newsletter", 10)
    assert [delivery.command.holders for delivery in deliveries] == [["brevo"]]
    await engine.deliveries.hurry("newsletter")
    checked = CheckAnswers(KEYS.__getitem__, COVERAGES).outcomes(
        "newsletter", deliveries, [waiting("brevo", deliveries[0].command)]
    )
    await engine.deliveries.settle(checked)
    del engine.services.scripts["brevo"]
    await engine.tell("newsletter")
    await engine.conduct()
    assert await engine.state("account-1") == "closed"


async def test_a_refused_receipt_is_shown_put_into_quarantine_alone_and_tried_again(engine: Engine) -> None:
    engine.services.scripts["auth"] = lambda holder, command: (
        dirty if command.command_id == "the-command-of-account-1" else honest
    )(holder, command)
    for name in ("account-1", "account-2"):
        await engine.erase(name)
    await engine.run()
    assert (await engine.state("account-1"), await engine.state("account-2")) == ("executing", "closed")
    assert (await engine.held("account-1"))["auth"] == "probe"
    for _ in range(POISONED_AFTER - 1):
        engine.clock.advance(RETRY_MAX)
        await engine.tell("auth")
    assert (await engine.commands.overview()).quarantined == 1
    del engine.services.scripts["auth"]
    engine.clock.advance(RETRY_MAX)
    await engine.tell("auth")
    assert (await engine.held("account-1"))["auth"] == "probe"
    engine.clock.advance(QUARANTINE_RETRY)
    await engine.tell("auth")
    assert (await engine.held("account-1"))["auth"] == "done"
    assert (await engine.commands.overview()).quarantined == 0


async def test_hundreds_whose_receipts_are_refused_hide_nobody(engine: Engine) -> None:
    for number in range(DELIVERIES_MAX + 8):
        await engine.erase(f"stuck-{number}")
    await engine.conduct()
    engine.services.scripts["auth"] = dirty
    for _ in range(3):
        await engine.tell("auth")
        engine.clock.advance(RETRY_MAX)
    await engine.erase("new")
    await engine.conduct()
    engine.services.calls.clear()
    await engine.tell("auth")
    assert "the-command-of-new" in engine.services.calls[0][1]


async def test_a_call_that_one_command_spoils_is_made_again_in_halves(engine: Engine) -> None:
    engine.services.spoiled_by = "the-command-of-spoiled"
    for name in ("one", "two", "spoiled", "three"):
        await engine.erase(name)
    await engine.conduct()
    await engine.tell("auth")
    held = {name: (await engine.held(name))["auth"] for name in ("one", "two", "spoiled", "three")}
    assert held == {"one": "done", "two": "done", "spoiled": "waiting", "three": "done"}


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE command SET kind = 'explode' WHERE command_id = 'the-command-of-spoiled'",
        "UPDATE command_locator SET kind = 'shoe' WHERE command_id = 'the-command-of-spoiled'",
        "UPDATE expected_receipt SET probed = '7' WHERE command_id = 'the-command-of-spoiled'",
    ],
)
async def test_a_row_that_cannot_be_read_holds_up_nobody(engine: Engine, spoil: str) -> None:
    for name in ("spoiled", "healthy"):
        await engine.erase(name)
    await engine.conduct()
    await engine.change(spoil)
    await engine.tell()
    for _ in range(2 * POISONED_AFTER):
        await engine.conduct()
        await engine.send_letters()
        await engine.tell()
        engine.clock.advance(RETRY_MAX)
    assert await engine.state("healthy") == "closed"
    assert await engine.state("spoiled") == "executing"
    assert (await engine.commands.overview()).quarantined >= 1


async def test_somebody_is_alarmed_once_a_day(engine: Engine) -> None:
    engine.services.away["consent"] = Refusal(ErrorKind.TIMEOUT, "no-answer-in-time")
    await engine.erase("account-1")
    await engine.conduct()
    await engine.tell()
    assert await engine.conduct() == LATE_AFTER.total_seconds()
    engine.clock.advance(LATE_AFTER)
    assert await engine.conduct() == timedelta(days=1).total_seconds()
    assert (await engine.rows("SELECT count(late_at) FROM command")) == [(1,)]


@pytest.mark.parametrize("kind", [kind for kind in CommandKind if kind is not CommandKind.ERASE])
async def test_every_kind_goes_through_the_same_fan_out(engine: Engine, kind: CommandKind) -> None:
    case = a_case("case-of-account-1", "account-1", right="rectification", state="awaiting_instruction")
    await engine.requests.record(case, [], None)
    assert await engine.requests.record_command(case.id, a_command("the-command-of-account-1", kind))
    await engine.conduct()
    await engine.tell()
    await engine.conduct()
    assert await engine.state("account-1") == "closed"
    told = engine.services.told["auth", "the-command-of-account-1"]
    assert (told.kind, dict(told.payload)) == (kind, {"name": "Kim"} if kind is CommandKind.RECTIFY else {})
    assert engine.accounts.blocked == []
    assert await engine.rows("SELECT * FROM command_value") == []


async def test_a_holder_that_is_added_later_is_no_part_of_an_older_case(engine: Engine) -> None:
    command_id = await engine.erase("account-1")
    await engine.change("DELETE FROM expected_receipt WHERE holder IN ('posthog', 'speechtoken')")
    await engine.run()
    assert await engine.state("account-1") == "closed"
    older = [holder for holder in HOLDERS if holder not in {"posthog", "speechtoken"}]
    assert list(await engine.held("account-1")) == older
    record = await engine.commands.record(command_id)
    assert record is not None
    assert [one.holder for one in record.holders] == older


async def test_two_replicas_conduct_and_tell_the_same_commands_and_each_thing_is_done_once(engine: Engine) -> None:
    other = Engine(engine.database, engine.clock)
    for number in range(4):
        await engine.erase(f"account-{number}")
    await asyncio.gather(engine.conduct(), other.conduct())
    await asyncio.gather(engine.tell(), other.tell())
    await asyncio.gather(engine.conduct(), other.conduct())
    assert len(await engine.rows("SELECT * FROM mail_queue")) == 4
    await engine.send_letters()
    await asyncio.gather(engine.conduct(), other.conduct())
    assert [await engine.state(f"account-{number}") for number in range(4)] == ["closed"] * 4
    assert await engine.rows("SELECT size FROM receipt_log_size") == [(4 * len(HOLDERS),)]


SEARCHED = {
    "ix_command_next_attempt_at": "SELECT command_id FROM command WHERE next_attempt_at <= '2026-11-02 08:00:09'"
    " ORDER BY failures, next_attempt_at LIMIT 64",
    "ix_expected_receipt_due": "SELECT command_id FROM expected_receipt WHERE service = 'auth'"
    " AND next_attempt_at <= '2026-11-02 08:00:09' ORDER BY failures, next_attempt_at LIMIT 32",
    "ix_expected_receipt_quarantined_at": "SELECT count(*) FROM expected_receipt WHERE quarantined_at IS NOT NULL",
    "ix_case_record_next_attempt_at": "SELECT id FROM case_record WHERE next_attempt_at <= '2026-11-02 08:00:09'"
    " ORDER BY failures, next_attempt_at LIMIT 1",
    "ix_case_party_account_id": "SELECT r.id FROM case_record r LEFT JOIN case_party p ON p.case_id = r.id"
    " WHERE p.account_id = 'account-7' ORDER BY r.recorded_at DESC LIMIT 200",
    "receipt_log_node": "SELECT hash FROM receipt_log_node WHERE level = 0 AND position IN (7, 9)"
    " OR level = 1 AND position IN (3)",
    "ix_case_record_recorded_at": "SELECT id FROM case_record WHERE recorded_at < '2026-11-01 00:00:00' LIMIT 500",
    "ix_command_recorded_at": "SELECT command_id FROM command WHERE recorded_at < '2026-11-01 00:00:00' LIMIT 500",
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
        command = {"command_id": f"e{number}", "case_id": f"c{number}", "sequence": number, "kind": "erase"}
        receipt = {"command_id": f"e{number}", "holder": "auth", "service": "auth", "recipient": False, "place": 0}
        covered = {"inventory_hash": "h", "probed": [], "retained": []}
        rows = {
            "case_record": {**case, **due, "id": f"c{number}", "state": "gathering", "account_hash": "h"},
            "case_party": {**case, **party, "received_at": at},
            "command": {**command, **due, "commitments": [], "superseded": []},
            "expected_receipt": {**receipt, **covered, **due},
            "receipt_log_node": {"level": 0, "position": number, "hash": "00" * 32},
        }
        for name, row in rows.items():
            session.execute(insert(Base.metadata.tables[name]), row)
    session.execute(text("ANALYZE"))


def test_the_migrations_make_what_the_models_say() -> None:
    assert pending_changes(Base.metadata, MIGRATIONS) == []


def test_every_table_is_declared() -> None:
    INVENTORY.check()
    assert {"command", "command_locator", "command_value", "command_letter"} <= set(INVENTORY.declarations())
