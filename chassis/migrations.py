"""Migrations: forward only, in one transaction, by whichever replica comes first.

A service's migrations are `migrations/versions/NNNN_<words>.py`, one after the other; those of the tables that every
service has stand once, in `chassis/schema`, and are applied first. Alembic takes long to import, so it is imported
only when the database's revision is not that of the last file.

`python -m chassis.migrations SERVICE [WORDS …]` writes the next file from what the models say.
"""

import importlib
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, MetaData, create_engine, func, inspect, select, text
from sqlmodel import AutoString

from chassis.database import Database, Session, UtcDateTime
from chassis.sealing import BlindIndex, Sealed, install_triggers
from chassis.tables import CHASSIS_VERSION_TABLE, VERSION_TABLE
from chassis.telemetry import Log

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

CHASSIS = Path(__file__).parent / "schema"
FILE_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.py$")
MIGRATION_LOCK = 0x6C617261_6D696772  # any number that nothing else in the database locks

TEMPLATE = '''"""{words}."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {down_revision}


def upgrade() -> None:
    {upgrade}
'''

log = Log("migrations")


class UnknownRevision(Exception):
    """The database is at a revision that this program does not know: it is newer, or somebody else's."""


async def migrate(database: Database, folder: Path, metadata: MetaData) -> None:
    """Bring the database to the last revision of the chassis's own tables, and then of the service's folder.

    Raises:
        UnknownRevision: the database is at none of the revisions that this program knows.
    """
    chains = (Chain(CHASSIS, CHASSIS_VERSION_TABLE), Chain(folder, VERSION_TABLE))
    if await database.read(_is_current, chains):
        return
    await database.write(_migrate, chains, metadata)
    log.info("migrated", revision=chains[-1].last, dialect=database.dialect)


def make_at(connection: Connection, folder: Path, metadata: MetaData, wanted: Mapping[str, str]) -> None:
    """Make the tables of an empty database as they were at these revisions, by version table; within a transaction.

    Raises:
        UnknownRevision: this program does not know one of them.
    """
    for chain in (Chain(CHASSIS, CHASSIS_VERSION_TABLE), Chain(folder, VERSION_TABLE)):
        revision = wanted[chain.version_table]
        if revision not in revisions(chain.folder):
            raise UnknownRevision(f"revision {revision} is not among those known, up to {chain.last}")
        _upgrade(connection, chain, metadata, revision)


@dataclass(frozen=True, slots=True)
class Chain:
    """Migrations that follow one another, and the table that says how far a database has come."""

    folder: Path
    version_table: str

    @property
    def last(self) -> str:
        """The revision to reach."""
        return revisions(self.folder)[-1]


def _is_current(session: Session, chains: Sequence[Chain]) -> bool:
    return all(_current(session.connection(), chain) == chain.last for chain in chains)


def _migrate(session: Session, chains: Sequence[Chain], metadata: MetaData) -> None:
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
    for chain in chains:
        _upgrade(connection, chain, metadata)
    install_triggers(connection, metadata)


def revisions(folder: Path) -> list[str]:
    """The revisions in a folder, in order.

    Raises:
        FileNotFoundError: there is none.
    """
    found = sorted(match[1] for path in (folder / "versions").glob("*.py") if (match := FILE_NAME.match(path.name)))
    if not found:
        raise FileNotFoundError(f"no migration in {folder.name}/versions")
    return found


def pending_changes(metadata: MetaData, folder: Path) -> list[str]:
    """What the models say and the migrations do not, as readable lines; none if they agree."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 — see the module's docstring

    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            chain = _made(connection, folder, metadata)
            return [str(change) for change in compare_metadata(_context(connection, metadata, chain), metadata)]
    finally:
        engine.dispose()


def write_migration(metadata: MetaData, folder: Path, words: str) -> Path:
    """Write the migration from the last revision to what the models say; the same models give the same file."""
    from alembic.autogenerate import produce_migrations, render_python_code  # noqa: PLC0415

    known = revisions(folder) if any((folder / "versions").glob("*.py")) else []
    revision = f"{len(known) + 1:04}"
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        context = _context(connection, metadata, _made(connection, folder if known else None, metadata))
        upgrade = produce_migrations(context, metadata).upgrade_ops
        if upgrade is None or upgrade.is_empty():
            raise SystemExit("the migrations say all that the models do")
        for operation in upgrade.ops:
            getattr(operation, "info", {}).clear()  # a copy; the declarations stand in the models
        body = render_python_code(upgrade, render_item=_rendered, migration_context=context)  # type: ignore[arg-type] # never None here
    engine.dispose()
    stem = "_".join([revision, *re.findall(r"[a-z0-9]+", words.lower())])
    path = folder / "versions" / f"{stem}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    code = re.sub(r"^ *#.*\n?", "", body, flags=re.MULTILINE).strip()
    down_revision = f'"{known[-1]}"' if known else "None"
    path.write_text(
        TEMPLATE.format(words=words.capitalize(), revision=revision, down_revision=down_revision, upgrade=code)
    )
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(path)], check=True)  # noqa: S603
    return path


def _made(connection: Connection, folder: Path | None, metadata: MetaData) -> Chain:
    """Make the chassis's tables and, where a service has migrations already, its own; returns the last chain."""
    chains = [Chain(CHASSIS, CHASSIS_VERSION_TABLE)]
    if folder is not None:
        chains.append(Chain(folder, VERSION_TABLE))
    for chain in chains:
        _upgrade(connection, chain, metadata)
    return chains[-1]


def _current(connection: Connection, chain: Chain) -> str | None:
    if not inspect(connection).has_table(chain.version_table):
        return None
    version = f"SELECT version_num FROM {chain.version_table}"  # noqa: S608 — one of two names of ours
    return connection.execute(text(version)).scalar_one_or_none()


def _upgrade(connection: Connection, chain: Chain, metadata: MetaData, wanted: str | None = None) -> None:
    """Go to a revision; without one, to the last."""
    from alembic.config import Config  # noqa: PLC0415
    from alembic.operations import Operations  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    known, current = revisions(chain.folder), _current(connection, chain)
    target = wanted or known[-1]
    if current is not None and current not in known:
        raise UnknownRevision(f"the database is at revision {current}; the last one known is {known[-1]}")
    config = Config()
    config.set_main_option("script_location", str(chain.folder).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    context = _context(connection, metadata, chain, fn=lambda revision, _: script._upgrade_revs(target, revision))  # noqa: SLF001 — what Alembic's own `upgrade` command does
    with Operations.context(context):
        context.run_migrations()


def _context(connection: Connection, metadata: MetaData, chain: Chain, **options: Any) -> "MigrationContext":
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    def included(_object: object, name: str | None, *_: object) -> bool:
        return name not in {VERSION_TABLE, CHASSIS_VERSION_TABLE}  # Alembic makes and keeps them

    options |= {"target_metadata": metadata, "include_object": included, "version_table": chain.version_table}
    return MigrationContext.configure(connection, opts=options)


def _rendered(kind: str, item: Any, _context: object) -> str | bool:
    """Name our own types by what they are in a database, so that a migration needs nothing but SQLAlchemy."""
    if kind != "type" or not isinstance(item, UtcDateTime | AutoString | Sealed | BlindIndex):
        return False
    if isinstance(item, Sealed | BlindIndex):
        return f"sa.{item.impl!r}"
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return "sa.String()" if item.length is None else f"sa.String(length={item.length})"


def main(arguments: list[str]) -> None:
    """Write a service's next migration; the first one is called “first”."""
    service, *words = arguments
    tables = importlib.import_module(f"services.{service}.tables")
    folder = Path(tables.__file__ or "").parent / "migrations"
    path = write_migration(tables.Base.metadata, folder, " ".join(words) or "first")
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
