"""A restored database is told what it has forgotten before anybody uses it: with dsar's real ledger."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Executable, insert, select

from chassis.database import Database, Session
from chassis.holder.identifiers import PAGE
from chassis.holder.replay import LEDGER, LedgerSource, Replay
from contracts.errors import ErrorKind, Refusal
from contracts.fulfilment import Command, CommandKind
from contracts.identifiers import new_id
from contracts.ledger import Entry, LedgerPage, LedgerPlace, Matches, MatchRequest
from contracts.personal_data import Locator, Rectifiable
from services.dsar.adapters.ledger import COMMAND, SqlLedger, enter
from services.dsar.domain.pseudonyms import hashes_of
from services.dsar.endpoints.ledger import OwnLedger
from services.dsar.usecases.match_ledger import MatchLedger
from tests.integration.dsar.databases import opened
from tests.support.clock import FakeClock
from tests.support.toy_service import RECIPIENT, SERVICE, TABLES, Toy, locators_of, table

KEY = bytes(32)


class Dsar:
    """dsar's database with its ledger, beside the service under test; away for the next `away` questions."""

    def __init__(self, database: Database, clock: FakeClock) -> None:
        self.database = database
        self.clock = clock
        self.away = 0
        self.asked: list[object] = []
        ledger = SqlLedger(database)
        self._own = OwnLedger(ledger, MatchLedger(ledger, KEY))

    async def read(self, place: LedgerPlace) -> LedgerPage:
        self._refuse_while_away()
        self.asked.append(place)
        return await self._own.read(place)

    async def match(self, request: MatchRequest) -> Matches:
        self._refuse_while_away()
        self.asked.append(request)
        return await self._own.match(request)

    def _refuse_while_away(self) -> None:
        if self.away:
            self.away -= 1
            raise Refusal(ErrorKind.UNAVAILABLE, "away")

    async def demand(
        self, locators: dict[Locator, list[str]], kind: CommandKind = CommandKind.ERASE, *, is_open: bool = False
    ) -> Command:
        """Enter a command about somebody, whose identifiers nobody keeps."""
        command_id, at = new_id(), self.clock.now()
        hashes = [hashed for one, values in locators.items() for hashed in hashes_of(KEY, one, values)]

        def enter_it(session: Session) -> int:
            sequence = enter(session, command_id, kind, hashes, at)
            if is_open:
                row: dict[str, Any] = {"command_id": command_id, "case_id": new_id(), "kind": kind.value}
                row |= {"sequence": sequence, "recorded_at": at, "commitments": [], "superseded": [], "failures": 0}
                session.execute(insert(COMMAND).values(row))
            return sequence

        sequence = await self.database.write(enter_it)
        return Command(
            command_id=command_id,
            kind=kind,
            sequence=sequence,
            requested_at=at,
            locators=locators,
            payload={Rectifiable.NAME: "Anna"} if kind is CommandKind.RECTIFY else {},
            holders=[SERVICE],
        )


@pytest.fixture
async def dsar(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Dsar]:
    async with opened(f"sqlite:///{tmp_path}/dsar.db", clock) as database:
        yield Dsar(database, clock)


def replay(toy: Toy, dsar: Dsar, *, waits: float = 0.4) -> Replay:
    return toy.holder.replay_from(LedgerSource(dsar, open_waited_seconds=waits))


async def people(toy: Toy) -> list[str]:
    return [row["id"] for row in await toy.rows("person")]


async def compared_to(toy: Toy) -> int:
    watermark = TABLES.watermark
    query = select(watermark.c.last_erasure_seq).where(watermark.c.holder == LEDGER)
    return await toy.database.read(lambda session: session.scalars(query).first() or 0)


async def test_who_was_erased_since_the_copy_is_gone_before_anybody_asks(toy: Toy, dsar: Dsar) -> None:
    await toy.add_person("anna", notes=3, number=1)
    await toy.add_person("bo", notes=1, number=2)
    command = await dsar.demand(locators_of("anna"))
    await replay(toy, dsar).run()
    assert await people(toy) == ["id-bo"]
    assert {row["person_id"] for row in await toy.rows("note")} == {"id-bo"}
    assert await toy.rows("receipt") == []
    assert await compared_to(toy) == command.sequence


async def test_the_recipient_is_told_again(toy: Toy, dsar: Dsar) -> None:
    await toy.add_person("anna", number=1)
    await dsar.demand(locators_of("anna"))
    await replay(toy, dsar).run()
    step = toy.holder.recipients[RECIPIENT].step(refusals=(), outages=())
    while await step() == 0:
        pass
    assert toy.recipient.contacts == {}


async def test_what_has_a_receipt_here_is_not_looked_for(toy: Toy, dsar: Dsar) -> None:
    await toy.add_person("anna", number=1)
    await toy.add_person("bo", number=2)
    await toy.holder.fulfil([await dsar.demand(locators_of("anna"))])
    await replay(toy, dsar).run()
    assert [type(question) for question in dsar.asked] == [LedgerPlace]
    await replay(toy, dsar).run()
    assert dsar.asked[-1] == LedgerPlace(after=1)


async def test_where_nobody_is_held_nothing_is_asked(toy: Toy, dsar: Dsar) -> None:
    await dsar.demand(locators_of("anna"))
    await replay(toy, dsar).run()
    assert dsar.asked == []


async def test_who_came_back_since_then_is_left_alone(toy: Toy, dsar: Dsar, clock: FakeClock) -> None:
    """The same address under a new id, made after the erasure; the old rows go."""
    await toy.add_person("anna", number=1)
    old = {Locator.ACCOUNT_ID: ["id-anna"], Locator.EMAIL: ["Anna@school.example"]}
    await dsar.demand(old)
    clock.advance(timedelta(hours=1))
    await toy.execute(insert_again(clock))
    await replay(toy, dsar).run()
    assert await people(toy) == ["id-back"]


def insert_again(clock: FakeClock) -> Executable:
    row = {"id": "id-back", "email": "anna@school.example", "password_hash": b"", "recipient_id": 9, "choices": {}}
    return insert(table("person")).values(**row, created_at=clock.now())


async def test_a_restriction_is_remembered(toy: Toy, dsar: Dsar) -> None:
    await toy.add_person("anna", number=1)
    await dsar.demand(locators_of("anna"), CommandKind.RESTRICT)
    await replay(toy, dsar).run()
    assert len(await toy.rows("restriction")) == 2


async def test_commands_are_replayed_in_their_order(toy: Toy, dsar: Dsar) -> None:
    await toy.add_person("anna", number=1)
    for kind in (CommandKind.RESTRICT, CommandKind.LIFT, CommandKind.RECTIFY):
        await dsar.demand(locators_of("anna"), kind)
    await replay(toy, dsar).run()
    assert (await people(toy), await toy.rows("restriction")) == (["id-anna"], [])


async def test_it_waits_until_dsar_is_there(toy: Toy, dsar: Dsar) -> None:
    await toy.add_person("anna", number=1)
    await dsar.demand(locators_of("anna"))
    dsar.away = 2
    await replay(toy, dsar).run()
    assert await people(toy) == []


async def test_what_is_still_open_is_left_to_dsar_and_asked_for_again(toy: Toy, dsar: Dsar) -> None:
    await toy.add_person("anna", number=1)
    await dsar.demand(locators_of("bo"))
    command = await dsar.demand(locators_of("anna"), is_open=True)
    await replay(toy, dsar).run()
    assert await people(toy) == ["id-anna"]
    assert await compared_to(toy) == command.sequence - 1
    await toy.holder.fulfil([command])
    await replay(toy, dsar).run()
    assert await compared_to(toy) == command.sequence


async def test_more_people_than_are_matched_at_once(toy: Toy, dsar: Dsar, clock: FakeClock) -> None:
    row = {"password_hash": b"", "recipient_id": 1, "choices": {}, "created_at": clock.now()}
    names = [f"person{number:04}" for number in range(PAGE + 100)]
    await toy.execute(
        insert(table("person")).values([{"id": f"id-{x}", "email": f"{x}@a.example", **row} for x in names])
    )
    for name in names[::50]:
        await dsar.demand({Locator.ACCOUNT_ID: [f"id-{name}"]})
    await replay(toy, dsar).run()
    assert await people(toy) == [f"id-{name}" for name in names if name not in names[::50]]


async def test_the_ledger_and_its_stream_complete_each_other(dsar: Dsar, clock: FakeClock) -> None:
    """dsar's own database was put back: the stream has what is missing, and the other way round."""
    kept = [await dsar.demand(locators_of(name)) for name in ("anna", "bo")]
    hashes = hashes_of(KEY, Locator.EMAIL, ["cecilia@school.example"])
    lost = Entry(sequence=9, command_id=new_id(), kind=CommandKind.ERASE, recorded_at=clock.now(), hashes=hashes)
    old = lost.model_copy(update={"command_id": new_id(), "recorded_at": clock.now() - timedelta(days=200)})
    ledger = SqlLedger(dsar.database)
    assert await ledger.reconcile({lost.command_id: lost, old.command_id: old}) == (1, 2)
    page = await ledger.read(0)
    assert [entry.command_id for entry in page.entries] == [*(command.command_id for command in kept), lost.command_id]
    assert not page.entries[-1].is_open
    (found,) = await ledger.concerned(0, [hashes[0].hash])
    assert found.command_id == lost.command_id
    assert (await dsar.demand(locators_of("dan"))).sequence == 10
    everything = {entry.command_id: lost for entry in (await ledger.read(0)).entries}
    assert await ledger.reconcile(everything) == (0, 0)
