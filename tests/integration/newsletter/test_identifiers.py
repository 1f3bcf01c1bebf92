"""The identifiers that a service holds, as they are matched with the ledger: sealed ones are opened."""

from pathlib import Path

import pytest
from sqlalchemy import text

from chassis.database import Database
from chassis.holder.identifiers import HeldIdentifiers
from chassis.sealing import sealing_of
from contracts.fulfilment import Command, CommandKind
from contracts.personal_data import Locator
from services.newsletter.adapters.holder import BrevoHolder
from services.newsletter.adapters.subscriptions import SqlSubscriptions
from services.newsletter.adapters.tasks import SqlTasks
from services.newsletter.app import MIGRATIONS
from services.newsletter.domain.secrets import Pseudonyms
from services.newsletter.inventory import INVENTORY
from services.newsletter.tables import Base
from tests.integration.newsletter.stores import EMAIL, Tables
from tests.support.clock import FakeClock
from tests.support.sealing import sealed_database
from tests.unit.newsletter.fakes import FakeContacts


@pytest.mark.parametrize("is_destroyed", [False, True])
async def test_sealed_addresses_are_told_unless_no_key_opens_them(tmp_path: Path, *, is_destroyed: bool) -> None:
    """A copy of the data whose keys were destroyed since: what no key opens stands in nobody's way, and goes."""
    clock, url = FakeClock(), f"sqlite:///{tmp_path}/newsletter.db"
    async with sealed_database("newsletter", Base.metadata, url, clock, MIGRATIONS) as database:
        held = HeldIdentifiers(database, INVENTORY)
        assert not await held.any()
        await Tables(clock, SqlSubscriptions(database, Pseudonyms(bytes(32))), SqlTasks(database), database).begin()
        if is_destroyed:
            await execute(database, "UPDATE subscription SET email = CAST(x'f5736c31000fffff' || zeroblob(60) AS BLOB)")
        await execute(database, "DELETE FROM mail_queue")
        found = [page async for page in held.pages()]
        assert addresses(found) == (set() if is_destroyed else {EMAIL})
        assert await database.write(held.forget_nameless) == int(is_destroyed)
        assert await held.any() is not is_destroyed


async def test_an_erasure_is_repeated_where_a_killed_one_destroyed_the_key_before_its_commit(tmp_path: Path) -> None:
    clock, url = FakeClock(), f"sqlite:///{tmp_path}/newsletter.db"
    async with sealed_database("newsletter", Base.metadata, url, clock, MIGRATIONS) as database:
        subscriptions = SqlSubscriptions(database, Pseudonyms(bytes(32)))
        await Tables(clock, subscriptions, SqlTasks(database), database).begin()
        sealing = await database.read(sealing_of)
        sealing.file.destroy(sealing.file.occupied())
        command = Command(
            command_id="command-0000000001",
            kind=CommandKind.ERASE,
            sequence=1,
            requested_at=clock.now(),
            locators={Locator.EMAIL: [EMAIL]},
            holders=["newsletter", "brevo"],
        )
        holder = BrevoHolder(database, FakeContacts(), subscriptions)
        assert (await database.write(holder.prepare, command)).looked_for == {"contact": 1}


async def execute(database: Database, statement: str) -> None:
    await database.write(lambda session: session.execute(text(statement)).close())


def addresses(pages: list[dict[Locator, list[str]]]) -> set[str]:
    return {address for page in pages for address in page.get(Locator.EMAIL, [])}
