"""With 20 000 accounts nothing that is asked for one person reads a table from end to end."""

from datetime import timedelta

import pytest

from chassis.database import Database
from chassis.sealing import sealing_of
from contracts.personal_data import Locator
from services.auth.adapters.credentials import block_erased
from services.auth.domain.sessions import Session
from services.auth.inventory import INVENTORY
from services.auth.tables import TABLES
from tests.integration.auth.stores import LETTER, Stores, blank, registration, sql_stores
from tests.support.clock import START
from tests.support.plans import Asked, export_and_erase, fill, listening

ACCOUNTS = 20_000
EMAIL = "person.7@skola.example"
PERSONAL = [table.name for table, _ in INVENTORY.personal_tables()]


@pytest.fixture
async def filled(database: Database, database_url: str) -> str:
    """The URL of the database, filled."""
    people = range(ACCOUNTS)
    moments = {"created_at": START, "last_login_at": START}
    words = {"name": "N", "role": "user", "tier": "free", "language": "sv", "status": "active"}
    waits = {"due_at": START, "created_at": START}
    seen = {"last_seen_at": START, "authenticated_at": START}
    fill(
        database_url,
        {
            "account": [
                {"id": f"account-{n}", "email": f"person.{n}@skola.example", **words, **moments} for n in people
            ],
            "credential": [
                {
                    "account_id": f"account-{n}",
                    "password_hash": f"hash {n}",
                    "changed_at": START,
                    "last_login_at": START,
                }
                for n in people
            ],
            "session": [
                {"id": f"session-{n}", "account_id": f"account-{n}", "secret_hash": f"{n}", "created_at": START, **seen}
                for n in people
            ],
            "reset_token": [
                {"token_hash": f"link {n}", "account_id": f"account-{n}", "created_at": START} for n in people
            ],
            "mail_queue": [
                {"id": f"letter {n}", "address": f"person.{n}@skola.example", "message": "m", "attempts": 0, **waits}
                for n in people
            ],
            "registration": [
                {
                    "token_hash": f"registration {n}",
                    "email": f"new.{n}@skola.example",
                    "name": "N",
                    "password_hash": "hash",
                    "language": "sv",
                    "created_at": START,
                }
                for n in people
            ],
        },
        INVENTORY,
        await database.read(sealing_of),
    )
    return database_url


async def everything(stores: Stores) -> None:
    """Every method of both ports, for one person."""
    accounts, sessions = stores.accounts, stores.sessions
    verified = await accounts.credential_of_email(EMAIL)
    assert verified is not None
    account_id = verified.account.id
    await accounts.find(account_id)
    await accounts.credential_of(account_id)
    await accounts.register(registration("another"), LETTER, LETTER)
    assert await accounts.confirm("another", blank("another"), START)
    new, second = (Session.begin(account_id, START + timedelta(minutes=n))[0] for n in (1, 2))
    assert await sessions.start(new, verified, replacing="session-7", stronger_hash="stronger") == ["session-7"]
    assert await sessions.succeed(new.id, second, verified)
    assert await sessions.by_secret(second.secret_hash) is not None
    assert await sessions.by_id(second.id, account_id) is not None
    await sessions.note_use(second.id, START + timedelta(hours=1))
    await sessions.of_account(account_id)
    await sessions.end_others(second.id, account_id)
    assert await sessions.end(second.id, account_id)
    await accounts.offer_reset("new link", EMAIL, START, LETTER)
    assert await accounts.account_of_reset("new link", START) is not None
    assert await accounts.reset("new link", "hash", START, LETTER)
    verified = await stores.credential(account_id)
    assert await accounts.change_password(verified, "hash", new, START, LETTER)
    await accounts.block("account-8")


async def test_every_statement_of_the_stores_uses_an_index(database: Database, filled: str) -> None:
    with listening() as asked:
        await everything(sql_stores(database))
    assert len(asked.statements) > 20
    assert asked.walks(filled, PERSONAL) == []


async def test_a_person_is_exported_and_erased_by_index(database: Database, filled: str) -> None:
    whom = {Locator.ACCOUNT_ID: ["account-7"], Locator.EMAIL: [EMAIL]}
    with listening() as asked:
        await export_and_erase(database, INVENTORY, TABLES, whom, block_erased)
    assert len(asked.statements) > len(PERSONAL)
    assert asked.walks(filled, PERSONAL) == []


async def test_a_statement_that_walks_is_found(filled: str) -> None:
    asked = Asked()
    asked.statements["SELECT id FROM account WHERE lower(role) = 'caseworker'"] = ()
    assert len(asked.walks(filled, PERSONAL)) == 1
