"""The stores of the auth service that one behaviour suite is held against: the fake, SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from chassis.database import Database
from contracts.identifiers import new_id
from services.auth.adapters.accounts import SqlAccounts
from services.auth.adapters.sessions import SqlSessions
from services.auth.app import MIGRATIONS
from services.auth.domain.accounts import Account, Credential, Registration, Status
from services.auth.domain.letters import Notice
from services.auth.domain.sessions import Session
from services.auth.ports import Accounts, Sessions
from services.auth.tables import Base
from tests.support.clock import START, FakeClock
from tests.support.sealing import sealed_database

EMAIL = "anna@skola.example"
LETTER = Notice(to=EMAIL, subject="s", text="t", html="h", language="sv")


@dataclass
class Stores:
    accounts: Accounts
    sessions: Sessions

    async def an_account(self, email: str = EMAIL, hashed: str = "hash") -> str:
        account_id = new_id()
        await self.accounts.register(registration(account_id, email, hashed), LETTER, LETTER)
        assert await self.accounts.confirm(account_id, blank(account_id), START)
        return account_id

    async def credential(self, account_id: str) -> Credential:
        found = await self.accounts.credential_of(account_id)
        assert found is not None
        return found

    async def a_session(self, account_id: str, after: timedelta = timedelta()) -> Session:
        session, _ = Session.begin(account_id, START + after)
        verified = await self.credential(account_id)
        assert await self.sessions.start(session, verified, replacing=None, stronger_hash=None) is not None
        return session

    async def reset(self, email: str = EMAIL, hashed: str = "new hash") -> bool:
        """Set another password by a link, as somebody else with the mailbox would."""
        token_hash = new_id()
        await self.accounts.offer_reset(token_hash, email, START, LETTER)
        return await self.accounts.reset(token_hash, hashed, START, LETTER)


def registration(token_hash: str, email: str = EMAIL, hashed: str = "hash") -> Registration:
    return Registration(
        token_hash=token_hash, email=email, name="Anna", password_hash=hashed, language="sv", created_at=START
    )


def blank(account_id: str) -> Account:
    return Account(id=account_id, email="", name="", role="user", tier="free", language="", status=Status.ACTIVE)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    async with sealed_database("auth", Base.metadata, url, FakeClock(), MIGRATIONS) as database:
        yield database


def sql_stores(database: Database) -> Stores:
    return Stores(SqlAccounts(database), SqlSessions(database))
