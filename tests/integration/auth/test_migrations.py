"""A database of the first revision keeps its accounts through the migrations that follow."""

import shutil
from pathlib import Path

from sqlalchemy import text

from chassis.database import Database, Session
from chassis.migrations import migrate
from services.auth.adapters.accounts import SqlAccounts
from services.auth.app import MIGRATIONS
from services.auth.tables import Base

ACCOUNT = (
    "INSERT INTO account VALUES ('anna', 'anna@skola.example', 'Anna', 'user', 'free', 'sv', 'active', "
    "'2026-11-02 08:00:00', '2026-11-02 08:00:00')"
)
CREDENTIAL = "INSERT INTO credential VALUES ('anna', 'hash', '2026-11-02 08:00:00', '2026-11-02 08:00:00')"


def insert(session: Session) -> None:
    session.execute(text(ACCOUNT))
    session.execute(text(CREDENTIAL))


async def test_an_account_has_the_first_version_of_its_password(database_url: str, tmp_path: Path) -> None:
    first = tmp_path / "migrations" / "versions"
    first.mkdir(parents=True)
    shutil.copy(MIGRATIONS / "versions" / "0001_first.py", first)
    database = Database(database_url)
    await database.open()
    try:
        await migrate(database, first.parent, Base.metadata)
        await database.write(insert)
        await migrate(database, MIGRATIONS, Base.metadata)
        found = await SqlAccounts(database).credential_of_email("anna@skola.example")
    finally:
        await database.close()
    assert found is not None
    assert (found.account.id, found.password_hash, found.version) == ("anna", "hash", 1)
