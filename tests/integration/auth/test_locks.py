"""Units of work side by side on PostgreSQL: none slips past another that is about to commit."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, delete, text

from chassis.database import Session as DatabaseSession
from chassis.holder.rows import rows_of
from contracts.personal_data import Locator
from services.auth.adapters.credentials import block, block_erased, set_password
from services.auth.domain.accounts import Credential
from services.auth.domain.sessions import Session
from services.auth.inventory import INVENTORY
from tests.integration.auth.stores import EMAIL, LETTER, Stores, opened, sql_stores
from tests.support.clock import START
from tests.support.commands import a_command
from tests.support.postgres import PostgresServer
from tests.support.waiting import until

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
Happening = Callable[[DatabaseSession, str], None]


class Side:
    """The stores, and a transaction beside them that a test ends when it likes."""

    def __init__(self, stores: Stores, engine: Engine) -> None:
        self.stores = stores
        self.engine = engine

    @contextmanager
    def uncommitted(self, happening: Happening, account_id: str) -> Iterator[Connection]:
        with self.engine.connect() as connection, DatabaseSession(connection) as session:
            happening(session, account_id)
            yield connection
            session.commit()

    async def until_somebody_waits(self) -> None:
        def waits() -> bool:
            with self.engine.connect() as connection:
                return bool(connection.execute(WAITING).scalar_one())

        await until(waits, within_seconds=20)


@pytest.fixture
async def side(postgres: PostgresServer) -> AsyncIterator[Side]:
    url = await postgres.fresh_database()
    engine = create_engine(url, poolclass=NullPool)
    async with opened(url) as database:
        yield Side(sql_stores(database), engine)


def is_reset(session: DatabaseSession, account_id: str) -> None:
    session.execute(text("SELECT id FROM account WHERE id = :id FOR UPDATE"), {"id": account_id})
    set_password(session, account_id, "another hash", START)


def is_erased(session: DatabaseSession, account_id: str) -> None:
    locators = {Locator.ACCOUNT_ID: [account_id]}
    block_erased(session, a_command(locators))
    for table, declaration in INVENTORY.personal_tables():
        session.execute(delete(table).where(rows_of(table, declaration, locators)))


async def starts(stores: Stores, verified: Credential, former: Session) -> object:
    new, _ = Session.begin(verified.account.id, START)
    return await stores.sessions.start(new, verified, replacing=former.id, stronger_hash="stronger")


async def succeeds(stores: Stores, verified: Credential, former: Session) -> object:
    successor, _ = former.proved_again(START)
    return await stores.sessions.succeed(former.id, successor, verified)


async def changes(stores: Stores, verified: Credential, former: Session) -> object:
    new, _ = Session.begin(verified.account.id, START)
    return await stores.accounts.change_password(verified, "a third hash", new, START, LETTER)


async def resets(stores: Stores, verified: Credential, former: Session) -> object:
    return await stores.accounts.reset("link", "a third hash", START, LETTER)


@pytest.mark.parametrize("happening", [is_reset, block, is_erased])
@pytest.mark.parametrize("act", [starts, succeeds, changes, resets])
async def test_nothing_slips_past_a_reset_block_or_erasure_that_commits_meanwhile(
    side: Side, act: Callable[[Stores, Credential, Session], Awaitable[object]], happening: Happening
) -> None:
    account_id = await side.stores.an_account()
    former = await side.stores.a_session(account_id)
    verified = await side.stores.credential(account_id)
    await side.stores.accounts.offer_reset("link", EMAIL, START, LETTER)
    with side.uncommitted(happening, account_id):
        acting = asyncio.ensure_future(act(side.stores, verified, former))
        await side.until_somebody_waits()
    assert not await acting
    assert list(await side.stores.sessions.of_account(account_id)) == []
    found = await side.stores.accounts.credential_of(account_id)
    assert found is None or found.password_hash == "another hash"


async def test_no_reset_link_is_offered_to_an_account_that_is_being_blocked(side: Side) -> None:
    account_id = await side.stores.an_account()
    with side.uncommitted(block, account_id):
        offering = asyncio.ensure_future(side.stores.accounts.offer_reset("link", EMAIL, START, LETTER))
        await side.until_somebody_waits()
    await offering
    with side.engine.connect() as connection:
        whose = connection.execute(text("SELECT account_id FROM reset_token")).scalars().all()
        letters = connection.execute(text("SELECT count(*) FROM mail_queue")).scalar_one()
    assert account_id not in whose
    assert letters == 1
