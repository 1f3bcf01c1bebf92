"""Commands carried out to the receipt: every kind, batches, one that fails alone, and whatever is asked twice."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from chassis.database import Session
from chassis.holder import PersonalDataHolder, is_restricted
from chassis.mail import Letter, post
from chassis.retention import Retention
from contracts.fulfilment import COMMANDS_MAX, Command, CommandKind, HolderAnswer
from contracts.personal_data import RESTRICTION_STORE, Locator, Rectifiable
from kernel.receipt import Coverage, Expected, coverages, taking_fault
from kernel.signature import public_key_of
from tests.support.clock import FakeClock
from tests.support.commands import a_command
from tests.support.toy_service import INVENTORY, RECEIPT_SEED, RECIPIENT, SERVICE, TABLES, YEAR, Toy, locators_of, table

KEY = public_key_of(RECEIPT_SEED)
EVERYBODY = (SERVICE, RECIPIENT)


def of(toy: Toy, name: str, kind: CommandKind = CommandKind.ERASE, **members: Any) -> Command:
    """A command about a person, for the database alone unless told otherwise."""
    members = {"holders": (SERVICE,), "requested_at": toy.clock.now(), **members}
    return a_command(locators_of(name), kind, **members)


def expected(command: Command, holder: str) -> Expected:
    """What dsar would compare the receipt with."""
    cover: Coverage = coverages({SERVICE: INVENTORY.document()}, command.kind)[holder]
    return Expected(
        holder=holder,
        service=SERVICE,
        command_id=command.command_id,
        kind=command.kind,
        told={kind: len(set(values)) for kind, values in command.locators.items()},
        coverages=[cover],
    )


async def body(toy: Toy, command: Command, holder: str = SERVICE) -> dict[str, Any]:
    """The statement of a holder's receipt, checked as dsar checks it."""
    answers = await toy.holder.fulfil([command])
    receipt = next(answer.receipt for answer in answers if answer.holder == holder)
    assert receipt is not None
    assert taking_fault(receipt, KEY, expected(command, holder)) is None
    return receipt.body


async def recipient_works(toy: Toy) -> None:
    """Let the recipient's worker do what is due."""
    step = toy.holder.recipients[RECIPIENT].step(refusals=(ValueError,), outages=(ConnectionError,))
    while await step() == 0:
        pass


async def test_an_erasure_removes_the_persons_rows_and_nobody_elses(toy: Toy) -> None:
    await toy.add_person("anna", notes=3, number=1)
    await toy.add_person("bo", notes=2, number=2)
    stated = await body(toy, of(toy, "anna"))
    assert [row["id"] for row in await toy.rows("person")] == ["id-bo"]
    assert {row["person_id"] for row in await toy.rows("note")} == {"id-bo"}
    assert len(await toy.rows("payment")) == 2
    assert stated["changed"] == {"person": 1, "note": 3, "mail_queue": 0, "restriction": 0}
    assert stated["probe"] == dict.fromkeys(stated["changed"], 0)
    assert stated["looked_for"] == {"account_id": 1, "email": 1}
    assert "anna" not in json.dumps(stated)


async def test_what_an_erasure_keeps_is_stated_with_its_end(toy: Toy) -> None:
    stated = await body(toy, of(toy, "anna"))
    kept = {entry["store"]: entry for entry in stated["retained"]}
    assert kept["payment"] == {
        "store": "payment", "article": "Art. 17(3)(b)", "reason": "the law on bookkeeping",
        "until": "2033-10-31T08:00:00Z",
    }  # fmt: skip
    assert kept["recipient_command"]["ends_with"] == "recipients"


async def test_a_rectification_changes_the_persons_values_and_nobody_elses(toy: Toy) -> None:
    await toy.add_person("anna", number=1)
    await toy.add_person("bo", number=2)
    new = {Rectifiable.EMAIL: "Berg@School.example", Rectifiable.NAME: "Anna Berg"}
    stated = await body(toy, of(toy, "anna", CommandKind.RECTIFY, payload=new))
    assert {row["id"]: row["email"] for row in await toy.rows("person")} == {
        "id-anna": "berg@school.example",
        "id-bo": "bo@school.example",
    }
    assert (stated["changed"], stated["probe"], stated["retained"]) == ({"person": 1}, {"person": 0}, [])


async def test_a_value_that_the_database_refuses_is_a_conflict_and_changes_nothing(toy: Toy) -> None:
    for number, name in enumerate(("anna", "bo")):
        await toy.add_person(name, number=number)
    await toy.execute(text("CREATE UNIQUE INDEX one_each ON person (email)"))
    new = {Rectifiable.EMAIL: "bo@school.example"}
    (answer,) = await toy.holder.fulfil([of(toy, "anna", CommandKind.RECTIFY, payload=new)])
    assert (answer.receipt, answer.failure) == (None, "conflict")
    assert [row["email"] for row in await toy.rows("person")] == ["anna@school.example", "bo@school.example"]


async def test_an_objection_ends_what_rests_on_a_balance_and_leaves_the_rest(toy: Toy) -> None:
    await toy.add_person("anna", notes=2)
    stated = await body(toy, of(toy, "anna", CommandKind.OBJECT))
    assert (stated["changed"], stated["probe"]) == ({"note": 2}, {"note": 0})
    assert len(await toy.rows("person")) == 1


async def test_a_restriction_keeps_rows_from_retention_until_it_is_lifted(toy: Toy, clock: FakeClock) -> None:
    retention = Retention(toy.database, INVENTORY, TABLES, clock)
    await toy.add_person("anna", notes=2, number=1)
    await toy.add_person("bo", notes=3, number=2)
    stated = await body(toy, of(toy, "anna", CommandKind.RESTRICT))
    assert (stated["changed"], stated["probe"]) == ({RESTRICTION_STORE: 2}, {RESTRICTION_STORE: 0})
    clock.advance(YEAR + timedelta(days=1))
    assert await retention.sweep() == {"note": 3, "person": 1}
    assert {row["person_id"] for row in await toy.rows("note")} == {"id-anna"}
    lifted = await body(toy, of(toy, "anna", CommandKind.LIFT))
    assert (lifted["changed"], lifted["probe"]) == ({RESTRICTION_STORE: 2}, {RESTRICTION_STORE: 0})
    assert await retention.sweep() == {"note": 2, "person": 1}


@pytest.mark.parametrize("spelled", ["anna@school.example", "ANNA@School.example"])
async def test_a_service_can_ask_whether_a_persons_data_may_be_used(toy: Toy, spelled: str) -> None:
    await toy.holder.fulfil([of(toy, "anna", CommandKind.RESTRICT)])

    async def restricted(locators: dict[Locator, list[str]]) -> bool:
        return await toy.database.read(is_restricted, TABLES, locators)

    assert await restricted({Locator.EMAIL: [spelled]})
    assert await restricted({Locator.EMAIL: ["bo@school.example"], Locator.ACCOUNT_ID: ["id-anna"]})
    assert not await restricted({Locator.EMAIL: ["bo@school.example"], Locator.ACCOUNT_ID: []})
    assert not await restricted({Locator.ACCOUNT_ID: ["anna@school.example"]})


async def test_a_restriction_follows_a_rectified_address_and_goes_with_an_erasure(toy: Toy) -> None:
    await toy.add_person("anna")
    await toy.holder.fulfil([of(toy, "anna", CommandKind.RESTRICT)])
    new = {Rectifiable.EMAIL: "berg@school.example"}
    await toy.holder.fulfil([of(toy, "anna", CommandKind.RECTIFY, payload=new)])
    assert await toy.database.read(is_restricted, TABLES, {Locator.EMAIL: ["berg@school.example"]})
    assert not await toy.database.read(is_restricted, TABLES, {Locator.EMAIL: ["anna@school.example"]})
    assert "school" not in str(await toy.rows(RESTRICTION_STORE))
    locators = {Locator.ACCOUNT_ID: ["id-anna"], Locator.EMAIL: ["berg@school.example"]}
    await toy.holder.fulfil([a_command(locators, holders=(SERVICE,), requested_at=toy.clock.now())])
    assert await toy.rows(RESTRICTION_STORE) == []


@pytest.mark.parametrize("kind", CommandKind)
async def test_asked_again_it_gives_the_same_bytes_and_has_no_second_effect(toy: Toy, kind: CommandKind) -> None:
    await toy.add_person("anna", notes=2)
    payload = {Rectifiable.EMAIL: "berg@school.example"} if kind is CommandKind.RECTIFY else {}
    command = of(toy, "anna", kind, payload=payload)
    first = await toy.holder.fulfil([command])
    await toy.add_person("carl", number=3)
    assert await toy.holder.fulfil([command]) == first
    assert len(await toy.rows("receipt")) == 1


async def test_asked_side_by_side_there_is_one_receipt(toy: Toy) -> None:
    await toy.add_person("anna", notes=5)
    command = of(toy, "anna")
    answers = await asyncio.gather(*(toy.holder.fulfil([command]) for _ in range(4)))
    signatures = {one.receipt.signature for (one,) in answers if one.receipt is not None}
    assert len(signatures) == 1
    assert len(await toy.rows("receipt")) == 1


async def test_a_person_who_returned_with_the_same_address_is_left_alone(toy: Toy, clock: FakeClock) -> None:
    await toy.add_person("anna")
    command = of(toy, "anna")
    clock.advance(timedelta(days=3))
    row = {"email": "anna@school.example", "password_hash": b"", "recipient_id": 8, "choices": {}}
    await toy.execute(insert(table("person")).values(id="id-anna-again", created_at=clock.now(), **row))
    await body(toy, command)
    assert [row["id"] for row in await toy.rows("person")] == ["id-anna-again"]


async def test_waiting_letters_to_the_address_are_erased_however_it_is_written(toy: Toy) -> None:
    letter = Letter(to="Anna@School.example", subject="Hello", text="Hello", html="<p>Hello</p>")
    await toy.database.write(post, TABLES, letter)
    assert (await body(toy, of(toy, "anna")))["changed"]["mail_queue"] == 1


async def test_a_person_who_is_told_by_nothing_is_stated_as_not_looked_for(toy: Toy) -> None:
    command = a_command({}, holders=(SERVICE,))
    (answer,) = await toy.holder.fulfil([command])
    assert answer.receipt is not None
    assert answer.receipt.body["looked_for"] == {}


async def test_a_batch_is_carried_out_whole_in_the_order_of_its_sequence(toy: Toy) -> None:
    for number in range(COMMANDS_MAX):
        await toy.add_person(f"p{number}", number=number)
    commands = [of(toy, f"p{number}", sequence=number + 1) for number in range(COMMANDS_MAX)]
    answers = await toy.holder.fulfil(commands[::-1])
    assert [answer.command_id for answer in answers] == [command.command_id for command in commands]
    assert all(answer.receipt for answer in answers)
    assert await toy.rows("person") == []
    assert await toy.rows("watermark") == [{"holder": SERVICE, "last_erasure_seq": COMMANDS_MAX}]


async def test_a_restriction_and_its_end_in_one_batch_end_in_their_order(toy: Toy) -> None:
    ending = of(toy, "anna", CommandKind.LIFT, sequence=8)
    await toy.holder.fulfil([ending, of(toy, "anna", CommandKind.RESTRICT, sequence=7)])
    assert await toy.rows(RESTRICTION_STORE) == []


def failing_for(name: str, error: Exception) -> Any:
    def fail(session: Session, command: Command) -> None:
        session.execute(insert(table("tariff")).values(name=command.command_id, price=1))
        if command.locators[Locator.ACCOUNT_ID] == [f"id-{name}"]:
            raise error

    return fail


def holder_with(toy: Toy, before: Any) -> PersonalDataHolder:
    return PersonalDataHolder(
        service=SERVICE, database=toy.database, inventory=INVENTORY, tables=TABLES, clock=toy.clock,
        receipt_seed=RECEIPT_SEED, claim=toy.claims, relay=toy.relay, externals={RECIPIENT: toy.recipient},
        before={CommandKind.ERASE: before},
    )  # fmt: skip


async def test_a_command_that_fails_is_undone_alone(toy: Toy) -> None:
    for number, name in enumerate(("anna", "bo", "carl")):
        await toy.add_person(name, number=number)
    toy.holder = holder_with(toy, failing_for("bo", ZeroDivisionError()))
    commands = [of(toy, name, sequence=i + 1, holders=EVERYBODY) for i, name in enumerate(("anna", "bo", "carl"))]
    answers: list[HolderAnswer] = await toy.holder.fulfil(commands)
    assert [answer.failure for answer in answers] == [None, None, "ZeroDivisionError", "ZeroDivisionError", None, None]
    assert [row["id"] for row in await toy.rows("person")] == ["id-bo"]
    assert len(await toy.rows("tariff")) == 2
    assert {row["command_id"] for row in await toy.rows("recipient_command")} == {
        commands[0].command_id,
        commands[2].command_id,
    }
    toy.holder = holder_with(toy, failing_for("nobody", ZeroDivisionError()))
    assert all(answer.failure is None for answer in await toy.holder.fulfil(commands))
    assert await toy.rows("person") == []


async def test_a_database_that_is_away_fails_the_batch_and_nothing_is_done(toy: Toy) -> None:
    await toy.add_person("anna")
    toy.holder = holder_with(toy, failing_for("anna", ConnectionError()))
    with pytest.raises(ConnectionError):
        await toy.holder.fulfil([of(toy, "anna")])
    assert len(await toy.rows("person")) == 1
    assert await toy.rows("tariff") == []


async def test_a_holder_that_is_not_known_keeps_nobody_else_from_answering(toy: Toy) -> None:
    await toy.add_person("anna")
    own, unknown = await toy.holder.fulfil([of(toy, "anna", holders=(SERVICE, "posthog"))])
    assert own.receipt is not None
    assert (unknown.holder, unknown.receipt, unknown.failure) == ("posthog", None, "unknown-holder")


async def test_a_recipient_answers_waiting_until_it_has_done_its_part(toy: Toy) -> None:
    await toy.add_person("anna", number=11)
    await toy.add_person("bo", number=12)
    command = of(toy, "anna", holders=EVERYBODY)
    own, waiting = await toy.holder.fulfil([command])
    assert own.receipt is not None
    assert (waiting.receipt, waiting.failure) == (None, None)
    assert await toy.holder.fulfil([command]) == [own, waiting]
    assert len(await toy.rows("recipient_command")) == 1
    await recipient_works(toy)
    assert toy.recipient.contacts == {12: "bo@school.example"}
    assert await toy.rows("recipient_command") == []
    stated = await body(toy, command, RECIPIENT)
    assert stated["looked_for"] == {"account_id": 1, "email": 1, "contact": 1}
    assert (stated["changed"], stated["probe"], stated["retained"]) == ({RECIPIENT: 1}, {RECIPIENT: 0}, [])


@pytest.mark.parametrize("kind", [CommandKind.RECTIFY, CommandKind.RESTRICT, CommandKind.LIFT])
async def test_recipients_are_told_every_kind_that_concerns_them(toy: Toy, kind: CommandKind) -> None:
    await toy.add_person("anna", number=11)
    toy.recipient.restricted = {11} if kind is CommandKind.LIFT else set()
    payload = {Rectifiable.EMAIL: "berg@school.example"} if kind is CommandKind.RECTIFY else {}
    command = of(toy, "anna", kind, payload=payload, holders=EVERYBODY)
    await toy.holder.fulfil([command])
    await recipient_works(toy)
    assert (await body(toy, command, RECIPIENT))["changed"] == {RECIPIENT: 1}
    assert toy.recipient.restricted == ({11} if kind is CommandKind.RESTRICT else set())
    assert toy.recipient.contacts[11] == payload.get(Rectifiable.EMAIL, "anna@school.example")


async def test_a_kind_that_asks_nothing_of_a_recipient_has_its_receipt_at_once(toy: Toy) -> None:
    command = of(toy, "anna", CommandKind.OBJECT, holders=EVERYBODY)
    assert (await body(toy, command, RECIPIENT))["probe"] == {}
    assert await toy.rows("recipient_command") == []


async def test_a_slow_recipient_is_asked_again_later_and_signs_once_nothing_is_left(toy: Toy, clock: FakeClock) -> None:
    await toy.add_person("anna", number=11)
    toy.recipient.slow = 2
    command = of(toy, "anna", holders=EVERYBODY)
    await toy.holder.fulfil([command])
    for _ in range(2):
        await recipient_works(toy)
        assert (await toy.holder.fulfil([command]))[1].receipt is None
        clock.advance(timedelta(minutes=1))
    await recipient_works(toy)
    assert (await body(toy, command, RECIPIENT))["changed"] == {RECIPIENT: 1}


async def test_one_persons_stuck_command_keeps_nobody_elses_from_being_done(toy: Toy, clock: FakeClock) -> None:
    for number, name in enumerate(("anna", "bo")):
        await toy.add_person(name, number=number)
    toy.recipient.failing = [ValueError("status-400")]
    stuck, other = (of(toy, name, holders=EVERYBODY, sequence=i + 1) for i, name in enumerate(("anna", "bo")))
    await toy.holder.fulfil([stuck])
    await toy.holder.fulfil([other])
    await recipient_works(toy)
    assert (await toy.holder.fulfil([other]))[1].receipt is not None
    (row,) = await toy.rows("recipient_command")
    assert (row["command_id"], row["failures"], row["reason"]) == (stuck.command_id, 1, "status-400")
    assert json.loads(row["work"])["ids"] == [0]
    clock.advance(timedelta(minutes=1))
    await recipient_works(toy)
    assert (await toy.holder.fulfil([stuck]))[1].receipt is not None


async def test_what_a_killed_process_had_taken_is_taken_again_at_the_next_start(toy: Toy, clock: FakeClock) -> None:
    """A SQLite file has one process, so nobody else can be at it; on PostgreSQL the lease must end first."""
    await toy.add_person("anna", number=11)
    command = of(toy, "anna", holders=EVERYBODY)
    await toy.holder.fulfil([command])
    assert not isinstance(await toy.holder.recipients[RECIPIENT].take(), datetime | None)
    await recipient_works(Toy(toy.database, clock))
    is_done = (await toy.holder.fulfil([command]))[1].receipt is not None
    assert is_done is (toy.database.dialect == "sqlite")


async def test_what_a_recipient_owes_outlives_every_retention_period(toy: Toy, clock: FakeClock) -> None:
    await toy.add_person("anna", number=11)
    command = of(toy, "anna", holders=EVERYBODY)
    await toy.holder.fulfil([command])
    clock.advance(10 * YEAR)
    await Retention(toy.database, INVENTORY, TABLES, clock).sweep()
    assert len(await toy.rows("recipient_command")) == 1
    await recipient_works(toy)
    assert toy.recipient.contacts == {}
    assert (await body(toy, command, RECIPIENT))["looked_for"]["email"] == 1


async def test_nothing_of_the_person_is_left_beside_receipts(toy: Toy) -> None:
    await toy.add_person("anna", number=11)
    await toy.holder.fulfil([of(toy, "anna", holders=EVERYBODY)])
    await recipient_works(toy)
    for name in ("receipt", "watermark", "recipient_command", "restriction", "outbox"):
        assert "anna" not in str(await toy.rows(name))


async def test_no_byte_of_the_person_is_left_in_the_files(sqlite_toy: Toy, tmp_path: Path) -> None:
    toy = sqlite_toy
    for number in range(40):
        await toy.add_person(f"marker-{number:03}", notes=5, number=number)
    await toy.execute(table("payment").delete())

    def bytes_on_disk() -> bytes:
        return b"".join(path.read_bytes() for path in sorted((tmp_path / "data").iterdir()))

    assert b"marker-007" in bytes_on_disk()
    await toy.holder.fulfil([of(toy, "marker-007")])
    assert b"marker-007" not in bytes_on_disk()
    assert b"marker-008" in bytes_on_disk()
