"""Whose account it is, is readable in no file of the database on either engine, and by no key once the row is gone."""

from pathlib import Path

import pytest
from sqlalchemy import delete

from chassis.database import Database, Session
from chassis.sealing import destroy_unused, sealing_of
from services.auth.tables import ACCOUNT
from tests.integration.auth.stores import LETTER, blank, registration, sql_stores
from tests.support.canary import Canary
from tests.support.clock import START
from tests.support.postgres import PostgresServer
from tests.support.sealing import keys_left, opened_with


def erase(session: Session, account_id: str) -> list[int]:
    session.execute(delete(ACCOUNT).where(ACCOUNT.c.id == account_id))
    return destroy_unused(session)


async def test_an_account_is_readable_only_with_the_keys_and_only_while_it_is_there(
    database: Database, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    def stored() -> bytes:
        if database.dialect == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres")
            return server.stored_bytes()
        return b"".join(path.read_bytes() for path in tmp_path.glob("auth.db*"))

    anna, bo = Canary(), Canary()
    accounts = sql_stores(database).accounts
    for name, canary in (("anna", anna), ("bo", bo)):
        await accounts.register(registration(f"link-of-{name}", f"{canary}@skola.example"), LETTER, LETTER)
        assert await accounts.confirm(f"link-of-{name}", blank(f"account-of-{name}"), START)
    sealing = await database.read(sealing_of)
    before = stored()
    assert not anna.is_in(before)
    assert anna.is_in(opened_with(before, keys_left(sealing)))
    await database.write(erase, "account-of-anna")
    opened = opened_with(before + stored(), keys_left(sealing))
    assert not anna.is_in(opened)
    assert bo.is_in(opened)
