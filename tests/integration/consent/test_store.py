"""The store of consents on SQLite and PostgreSQL: appended in a line, ended when nothing relies on them."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import NullPool, create_engine, text, update

from chassis.database import Session
from chassis.migrations import pending_changes
from contracts.errors import Refusal
from contracts.identifiers import new_id
from contracts.personal_data import Locator
from services.consent.app import MIGRATIONS
from services.consent.domain import ACCOUNT_CONSENT_LASTS, VISITOR_CONSENT_LASTS
from services.consent.inventory import INVENTORY
from services.consent.tables import ERASED_ACCOUNT_KEPT, EVIDENCE_KEPT, RECORD, Base
from tests.integration.consent.stores import KEY, Store, deciding, opened
from tests.support.commands import a_command
from tests.support.postgres import PostgresServer
from tests.support.waiting import until

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


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

    def forge(session: Session) -> None:
        session.execute(update(RECORD).where(RECORD.c.sequence == 1).values(purpose="marketing"))

    await store.database.write(forge)
    assert await store.broken() == 1


async def test_a_withdrawal_ends_what_the_consent_relied_on(store: Store) -> None:
    account_id = new_id()
    await store.choose(account_id, agreed=True)
    store.clock.advance(timedelta(days=1))
    await store.choose(account_id, agreed=False)
    given, withdrawn = await store.records()
    assert (given.event, withdrawn.event) == ("given", "withdrawn")
    assert given.ended_at == withdrawn.ended_at == store.clock.now()
    assert list(await store.consents.active_consents(account_id, None)) == []


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


async def test_a_browsers_consent_lapses_sooner_than_an_accounts(store: Store) -> None:
    await store.choose(new_id(), agreed=True)
    await store.consents.change(None, None, deciding(store.clock, cookies={"analytics": True}))
    store.clock.advance(VISITOR_CONSENT_LASTS)
    await store.maintenance.end_lapsed()
    assert [row.ended_at for row in await store.records()] == [None, store.clock.now()]


async def test_an_active_consent_is_not_ended_by_maintenance(store: Store) -> None:
    await store.choose(new_id(), agreed=True)
    await store.maintenance.end_lapsed()
    assert [row.ended_at for row in await store.records()] == [None]


async def test_evidence_is_what_the_key_and_the_pseudonym_make_and_goes_after_three_years(store: Store) -> None:
    account_id = new_id()
    change = await store.choose(account_id, agreed=True)
    await store.choose(new_id(), agreed=True)
    claim = a_command({Locator.ACCOUNT_ID: [account_id]})
    await store.database.write(store.maintenance.leave_evidence, claim)
    (evidence,) = await store.evidence()
    assert evidence.keyed_hash == change.records[0].evidence(KEY)
    assert (evidence.purpose, evidence.event, evidence.at) == ("text_tools", "given", change.records[0].at)
    assert account_id not in str(evidence)
    store.clock.advance(EVIDENCE_KEPT + timedelta(days=1))
    await store.retention.sweep()
    assert await store.evidence() == []


async def test_that_an_account_was_erased_is_forgotten_after_a_month(store: Store) -> None:
    account_id = new_id()
    await store.erase(account_id)
    store.clock.advance(ERASED_ACCOUNT_KEPT - timedelta(days=1))
    await store.retention.sweep()
    with pytest.raises(Refusal):
        await store.choose(account_id, agreed=True)
    store.clock.advance(timedelta(days=2))
    await store.retention.sweep()
    assert (await store.choose(account_id, agreed=True)).records


async def test_a_choice_waits_for_an_erasure_under_way_and_is_refused(postgres: PostgresServer) -> None:
    account_id = new_id()
    url = await postgres.fresh_database()
    engine = create_engine(url, poolclass=NullPool)

    def somebody_waits() -> bool:
        with engine.connect() as connection:
            return bool(connection.execute(WAITING).scalar_one())

    async with opened(url) as store:
        await store.choose(account_id, agreed=True)
        with engine.connect() as connection, Session(connection) as erasing:
            store.erasing(erasing, account_id)
            choosing = asyncio.ensure_future(store.choose(account_id, agreed=True))
            await until(somebody_waits, within_seconds=20)
            erasing.commit()
        with pytest.raises(Refusal):
            await choosing
        assert await store.records() == []


def test_the_migrations_make_what_the_models_say() -> None:
    assert pending_changes(Base.metadata, MIGRATIONS) == []


def test_every_table_is_declared() -> None:
    INVENTORY.check()
    assert {"consent_record", "account_consent", "visitor_consent"} <= set(INVENTORY.declarations())
