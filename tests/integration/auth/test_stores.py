"""One behaviour suite for the stores of the auth service: the fake of the unit tests, SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from chassis.database import Database
from chassis.migrations import migrate, pending_changes
from contracts.identifiers import new_id
from services.auth.adapters.accounts import SqlAccounts
from services.auth.adapters.sessions import SqlSessions
from services.auth.app import MIGRATIONS
from services.auth.domain.accounts import REGISTRATION_TTL, RESET_TTL, Account, Registration, Status
from services.auth.domain.letters import Notice
from services.auth.domain.sessions import SESSIONS_PER_ACCOUNT_MAX, Session
from services.auth.inventory import INVENTORY
from services.auth.ports import Accounts, Sessions
from services.auth.tables import Base
from tests.support.clock import START
from tests.support.postgres import PostgresServer, postgres  # noqa: F401 — a fixture
from tests.unit.auth.fakes import FakeStore

EMAIL = "anna@skola.example"
LETTER = Notice(to=EMAIL, subject="s", text="t", html="h", language="sv")


@dataclass
class Stores:
    accounts: Accounts
    sessions: Sessions

    async def an_account(self, email: str = EMAIL) -> str:
        account_id = new_id()
        await self.accounts.register(registration(account_id, email), LETTER)
        assert await self.accounts.confirm(account_id, blank(account_id), START)
        return account_id

    async def a_session(self, account_id: str, after: timedelta = timedelta()) -> Session:
        session, _ = Session.begin(account_id, START + after)
        assert await self.sessions.start(session, replacing=None, password_hash=None) is not None
        return session


def registration(token_hash: str, email: str = EMAIL) -> Registration:
    return Registration(
        token_hash=token_hash, email=email, name="Anna", password_hash="hash", language="sv", created_at=START
    )


def blank(account_id: str) -> Account:
    return Account(id=account_id, email="", name="", role="user", tier="free", language="", status=Status.ACTIVE)


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    if request.param == "fake":
        fake = FakeStore()
        yield Stores(fake, fake)
        return
    url = f"sqlite:///{tmp_path}/auth.db"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = await server.fresh_database()
    database = Database(url)
    await database.open()
    await migrate(database, MIGRATIONS, Base.metadata)
    yield Stores(SqlAccounts(database), SqlSessions(database))
    await database.close()


async def test_a_confirmed_registration_is_an_account(stores: Stores) -> None:
    account_id = await stores.an_account()
    found = await stores.accounts.find(account_id)
    assert found is not None
    assert (found.email, found.name, found.language, found.usable) == (EMAIL, "Anna", "sv", True)
    by_email = await stores.accounts.credential_of_email(EMAIL)
    assert by_email == await stores.accounts.credential_of(account_id)
    assert by_email is not None
    assert by_email.password_hash == "hash"


async def test_a_registration_is_confirmed_once_in_time_and_for_a_free_address(stores: Stores) -> None:
    await stores.accounts.register(registration("first"), None)
    await stores.accounts.register(registration("second"), None)
    await stores.accounts.register(registration("empty", ""), None)
    assert not await stores.accounts.confirm("first", blank(new_id()), START + REGISTRATION_TTL)
    await stores.accounts.register(registration("third"), None)
    results = [await stores.accounts.confirm(one, blank(new_id()), START) for one in ("third", "third", "second")]
    assert results == [True, False, False]
    assert not await stores.accounts.confirm("empty", blank(new_id()), START)
    assert not await stores.accounts.confirm("unknown", blank(new_id()), START)


async def test_of_two_confirmations_at_once_one_wins(stores: Stores) -> None:
    for token_hash in ("first", "second"):
        await stores.accounts.register(registration(token_hash), None)
    results = await asyncio.gather(
        *(stores.accounts.confirm(one, blank(new_id()), START) for one in ("first", "second", "first", "second"))
    )
    assert sorted(results) == [False, False, False, True]


async def test_a_blocked_account_is_found_but_not_usable(stores: Stores) -> None:
    account_id = await stores.an_account()
    session = await stores.a_session(account_id)
    await stores.accounts.offer_reset("reset", account_id, START, LETTER)
    await stores.accounts.block(account_id)
    found = await stores.accounts.find(account_id)
    assert found is not None
    assert not found.usable
    assert await stores.accounts.credential_of_email(EMAIL) is None
    assert await stores.accounts.account_of_reset("reset", START) is None
    assert await stores.sessions.by_secret(session.secret_hash) is None
    assert await stores.sessions.start(session, replacing=None, password_hash=None) is None
    assert not await stores.accounts.change_password("new", session, START, LETTER)


async def test_a_reset_link_is_used_once_and_ends_all_others(stores: Stores) -> None:
    account_id = await stores.an_account()
    session = await stores.a_session(account_id)
    for token_hash in ("first", "second"):
        await stores.accounts.offer_reset(token_hash, account_id, START, LETTER)
    assert await stores.accounts.account_of_reset("first", START + RESET_TTL) is None
    assert await stores.accounts.reset("first", "new", START, LETTER)
    assert not await stores.accounts.reset("first", "newer", START, LETTER)
    assert not await stores.accounts.reset("second", "newer", START, LETTER)
    assert await stores.sessions.by_secret(session.secret_hash) is None
    credential = await stores.accounts.credential_of(account_id)
    assert credential is not None
    assert credential.password_hash == "new"


async def test_open_reset_links_are_few(stores: Stores) -> None:
    account_id = await stores.an_account()
    for number in range(4):
        await stores.accounts.offer_reset(f"link {number}", account_id, START, LETTER)
    live = [await stores.accounts.account_of_reset(f"link {number}", START) for number in range(4)]
    assert [one is not None for one in live] == [True, True, True, False]


async def test_a_changed_password_leaves_the_given_session_only(stores: Stores) -> None:
    account_id = await stores.an_account()
    await stores.a_session(account_id)
    session, _ = Session.begin(account_id, START)
    assert await stores.accounts.change_password("new", session, START, LETTER)
    assert list(await stores.sessions.of_account(account_id)) == [session]


async def test_a_session_is_found_by_its_secret_with_its_account(stores: Stores) -> None:
    account_id = await stores.an_account()
    session = await stores.a_session(account_id)
    found = await stores.sessions.by_secret(session.secret_hash)
    assert found is not None
    assert (found[0], found[1].id) == (session, account_id)
    assert await stores.sessions.by_id(session.id, account_id) == session
    assert await stores.sessions.by_id(session.id, "somebody else") is None


async def test_a_login_replaces_the_former_session_and_an_outdated_hash(stores: Stores) -> None:
    account_id = await stores.an_account()
    former = await stores.a_session(account_id)
    session, _ = Session.begin(account_id, START)
    assert await stores.sessions.start(session, replacing=former.id, password_hash="stronger") == [former.id]
    credential = await stores.accounts.credential_of(account_id)
    assert credential is not None
    assert credential.password_hash == "stronger"


async def test_an_account_keeps_a_bounded_number_of_sessions(stores: Stores) -> None:
    account_id = await stores.an_account()
    first = await stores.a_session(account_id)
    for number in range(SESSIONS_PER_ACCOUNT_MAX):
        last = await stores.a_session(account_id, timedelta(seconds=number + 1))
    kept = await stores.sessions.of_account(account_id)
    assert len(kept) == SESSIONS_PER_ACCOUNT_MAX
    assert kept[0] == last
    assert first not in kept


async def test_a_session_has_one_successor(stores: Stores) -> None:
    account_id = await stores.an_account()
    session = await stores.a_session(account_id)
    successor, _ = session.proved_again(START + timedelta(hours=1))
    assert await stores.sessions.succeed(session.id, successor)
    assert not await stores.sessions.succeed(session.id, successor)
    assert list(await stores.sessions.of_account(account_id)) == [successor]


async def test_only_an_accounts_own_sessions_end(stores: Stores) -> None:
    account_id, other = await stores.an_account(), await stores.an_account("berit@skola.example")
    mine, theirs = await stores.a_session(account_id), await stores.a_session(other)
    assert await stores.sessions.end([mine.id, theirs.id, "unknown"], account_id) == [mine.id]
    assert await stores.sessions.by_secret(theirs.secret_hash) is not None


async def test_use_is_noted(stores: Stores) -> None:
    session = await stores.a_session(await stores.an_account())
    await stores.sessions.note_use(session.id, START + timedelta(minutes=5))
    found = await stores.sessions.by_secret(session.secret_hash)
    assert found is not None
    assert found[0].last_seen_at == START + timedelta(minutes=5)


def test_the_migrations_make_what_the_models_say() -> None:
    assert pending_changes(Base.metadata, MIGRATIONS) == []


def test_every_table_is_declared() -> None:
    INVENTORY.check()
    assert {"account", "credential", "session", "reset_token", "registration"} <= set(INVENTORY.declarations())
