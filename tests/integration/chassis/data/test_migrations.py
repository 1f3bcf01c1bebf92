"""Migrations: written from the models, applied once, by one of many, forward only."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, text

from chassis.database import Database
from chassis.inventory import Inventory, UndeclaredStore
from chassis.migrations import UnknownRevision, migrate, pending_changes, revisions, write_migration
from tests.support.toy_service import INVENTORY, METADATA, Base

SECOND = '''"""Second."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("tariff", sa.Column("currency", sa.String(3), server_default="SEK", nullable=False))
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_migration(METADATA, tmp_path / "migrations", "first")
    return tmp_path / "migrations"


async def revision(database: Database) -> str:
    return str(await answer(database, "SELECT version_num FROM alembic_version"))


async def answer(database: Database, question: str) -> object:
    return await database.read(lambda session: session.execute(text(question)).scalar_one())


async def execute(database: Database, statement: str) -> None:
    await database.write(lambda session: session.execute(text(statement)))


async def test_the_first_migration_makes_exactly_what_is_declared(database: Database, folder: Path) -> None:
    await migrate(database, folder, METADATA)
    assert await revision(database) == "0001"
    await INVENTORY.check_database(database)


async def test_a_later_migration_is_applied_to_an_older_database(database: Database, folder: Path) -> None:
    await migrate(database, folder, METADATA)
    (folder / "versions" / "0002_second.py").write_text(SECOND)
    await migrate(database, folder, METADATA)
    assert await revision(database) == "0002"
    assert await answer(database, "SELECT count(currency) FROM tariff") == 0


async def test_a_failing_migration_leaves_the_database_as_it_was(database: Database, folder: Path) -> None:
    await migrate(database, folder, METADATA)
    broken = SECOND + '    raise ValueError("broken")\n'
    (folder / "versions" / "0002_second.py").write_text(broken)
    with pytest.raises(ValueError, match="broken"):
        await migrate(database, folder, METADATA)
    assert await revision(database) == "0001"
    await INVENTORY.check_database(database)


async def test_replicas_that_start_together_migrate_once(url: str, folder: Path) -> None:
    replicas = [Database(url) for _ in range(4)]
    for replica in replicas:
        await replica.open()
    await asyncio.gather(*(migrate(replica, folder, METADATA) for replica in replicas))
    assert await revision(replicas[0]) == "0001"
    for replica in replicas:
        await replica.close()


async def test_a_database_from_the_future_is_refused(database: Database, folder: Path) -> None:
    await migrate(database, folder, METADATA)
    await execute(database, "UPDATE alembic_version SET version_num = '0042'")
    with pytest.raises(UnknownRevision, match="0042"):
        await migrate(database, folder, METADATA)


async def test_a_table_beside_the_inventory_is_refused_by_name(database: Database, folder: Path) -> None:
    await migrate(database, folder, METADATA)
    await execute(database, "CREATE TABLE shadow_copy (email VARCHAR(254))")
    with pytest.raises(UndeclaredStore, match=r"shadow_copy\.email: exists but is not declared"):
        await INVENTORY.check_database(database)


async def test_a_table_that_was_not_made_is_refused_by_name(database: Database) -> None:
    with pytest.raises(UndeclaredStore, match=r"person\.id: declared but does not exist"):
        await Inventory("toy", METADATA, Base).check_database(database)


def test_models_and_migrations_agree_until_a_model_changes(folder: Path) -> None:
    assert pending_changes(METADATA, folder) == []
    changed = MetaData()
    for declared in METADATA.sorted_tables:
        declared.to_metadata(changed)
    changed.tables["tariff"].append_column(Column("currency", String(3)))
    Table("extra", changed, Column("id", Integer, primary_key=True))
    found = "\n".join(pending_changes(changed, folder))
    assert "currency" in found
    assert "extra" in found


def test_the_next_migration_holds_the_difference_only(folder: Path) -> None:
    changed = MetaData()
    for declared in METADATA.sorted_tables:
        declared.to_metadata(changed)
    changed.tables["tariff"].append_column(Column("currency", String(3)))
    written = write_migration(changed, folder, "A currency, per tariff")
    assert written.name == "0002_a_currency_per_tariff.py"
    assert written.read_text().count("op.") == 1
    assert 'down_revision = "0001"' in written.read_text()
    assert revisions(folder) == ["0001", "0002"]


def test_the_same_models_give_the_same_file_and_no_empty_one(folder: Path, tmp_path: Path) -> None:
    again = write_migration(METADATA, tmp_path / "again", "first")
    assert again.read_text() == (folder / "versions" / "0001_first.py").read_text()
    assert "PersonalData" not in again.read_text()
    with pytest.raises(SystemExit):
        write_migration(METADATA, folder, "nothing")


def test_a_folder_without_migrations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        revisions(tmp_path)
