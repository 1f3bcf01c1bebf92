"""The store of consents on SQLite and PostgreSQL: appended in a line, ended when nothing relies on them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from chassis.database import Database
from chassis.inventory import Inventory
from chassis.migrations import migrate, pending_changes
from chassis.retention import Retention
from contracts.dsar import Claim
from contracts.identifiers import new_id
from contracts.personal_data import Locator
from services.consent.adapters.consents import SqlConsents
from services.consent.adapters.evidence import EvidenceBook
from services.consent.adapters.maintenance import Maintenance
from services.consent.adapters.rows import record_of
from services.consent.app import MIGRATIONS
from services.consent.domain import (
    ACCOUNT_CONSENT_LASTS,
    FIRST_LINK,
    ActiveConsent,
    Change,
    Shown,
    Wish,
    decide,
    first_broken,
)
from services.consent.inventory import INVENTORY
from services.consent.tables import EVIDENCE_KEPT, TABLES, Base, ChainRow, EvidenceRow, RecordRow
from tests.support.clock import FakeClock
from tests.support.postgres import PostgresServer, postgres  # noqa: F401 — a fixture

VERSION = "2024-05-22"
SHOWN = Shown(controller="Midgard AI AS", version=VERSION, hash="a" * 64, language="sv", legal_basis="consent")
KEY = bytes(32)


class Store:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FakeClock()
        self.consents = SqlConsents(database, EvidenceBook(KEY))
        self.maintenance = Maintenance(database, self.clock, EvidenceBook(KEY))
        inventory: Inventory = INVENTORY
        self.retention = Retention(database, inventory, TABLES, self.clock)

    async def choose(self, account_id: str, *, agreed: bool) -> Change:
        wish = Wish(account_id=account_id, visitor_id=None, account_purposes={"text_tools": agreed}, cookie_purposes={})

        def deciding(active_consents: Sequence[ActiveConsent]) -> Change:
            return decide(wish, active_consents, {VERSION}, SHOWN, self.clock.now())

        return await self.consents.change(account_id, None, deciding)

    async def records(self) -> list[RecordRow]:
        async with self.database.read() as session:
            return list((await session.scalars(select(RecordRow).order_by(col(RecordRow.sequence)))).all())

    async def evidence(self) -> list[EvidenceRow]:
        async with self.database.read() as session:
            return list((await session.scalars(select(EvidenceRow))).all())

    async def broken(self) -> int | None:
        async with self.database.read() as session:
            links = (await session.scalars(select(ChainRow).order_by(col(ChainRow.sequence)))).all()
        records = {row.sequence: record_of(row) for row in await self.records()}
        return first_broken(FIRST_LINK, [(one.sequence, one.commitment, one.chained) for one in links], records)


@pytest.fixture(params=["sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    url = f"sqlite:///{tmp_path}/consent.db"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = await server.fresh_database()
    database = Database(url)
    await database.open()
    await migrate(database, MIGRATIONS, Base.metadata)
    yield Store(database)
    await database.close()


async def test_writers_at_once_stand_in_a_line(store: Store) -> None:
    await asyncio.gather(*(store.choose(new_id(), agreed=True) for _ in range(12)))
    assert [row.sequence for row in await store.records()] == list(range(1, 13))
    assert await store.broken() is None


async def test_one_account_twice_at_once_has_one_consent(store: Store) -> None:
    account_id = new_id()
    await asyncio.gather(*(store.choose(account_id, agreed=True) for _ in range(6)))
    assert len(await store.consents.active_consents(account_id, None)) == 1
    assert len([row for row in await store.records() if row.ended_at is None]) == 1


async def test_a_changed_record_breaks_the_chain(store: Store) -> None:
    await store.choose(new_id(), agreed=True)
    await store.choose(new_id(), agreed=True)
    async with store.database.write() as session:
        await session.execute(update(RecordRow).where(col(RecordRow.sequence) == 1).values(purpose="marketing"))
    assert await store.broken() == 1


async def test_a_withdrawal_ends_what_the_consent_relied_on(store: Store) -> None:
    account_id = new_id()
    await store.choose(account_id, agreed=True)
    store.clock.advance(timedelta(days=1))
    await store.choose(account_id, agreed=False)
    given, withdrawn = await store.records()
    assert (given.event, withdrawn.event) == ("given", "withdrawn")
    assert given.ended_at == withdrawn.ended_at == store.clock.now()
    assert await store.consents.active_consents(account_id, None) == []


async def test_a_record_is_kept_while_it_is_relied_on_and_three_years_more(store: Store) -> None:
    await store.choose(new_id(), agreed=True)
    store.clock.advance(ACCOUNT_CONSENT_LASTS + timedelta(days=1))
    await store.retention.sweep()
    await store.maintenance.end_lapsed()
    assert len(await store.records()) == 1
    store.clock.advance(EVIDENCE_KEPT - timedelta(days=1))
    await store.retention.sweep()
    assert len(await store.records()) == 1
    store.clock.advance(timedelta(days=2))
    await store.retention.sweep()
    assert await store.records() == []
    assert await store.broken() is None


async def test_a_consent_that_stands_is_not_ended_by_upkeep(store: Store) -> None:
    await store.choose(new_id(), agreed=True)
    await store.maintenance.end_lapsed()
    assert [row.ended_at for row in await store.records()] == [None]


async def test_evidence_is_what_the_key_and_the_pseudonym_make_and_goes_after_three_years(store: Store) -> None:
    account_id = new_id()
    change = await store.choose(account_id, agreed=True)
    await store.choose(new_id(), agreed=True)
    claim = Claim(done=False, locators={Locator.ACCOUNT_ID: [account_id]})
    async with store.database.write() as session:
        await store.maintenance.leave_evidence(session, claim)
    (evidence,) = await store.evidence()
    assert evidence.keyed_hash == change.records[0].evidence(KEY)
    assert (evidence.purpose, evidence.event, evidence.at) == ("text_tools", "given", change.records[0].at)
    assert account_id not in str(evidence.model_dump())
    store.clock.advance(EVIDENCE_KEPT + timedelta(days=1))
    await store.retention.sweep()
    assert await store.evidence() == []


def test_the_migrations_make_what_the_models_say() -> None:
    assert pending_changes(Base.metadata, MIGRATIONS) == []


def test_every_table_is_declared() -> None:
    INVENTORY.check()
    assert {"consent_record", "account_consent", "visitor_consent"} <= set(INVENTORY.declarations())
