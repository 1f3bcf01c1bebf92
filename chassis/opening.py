"""Opening a service's database: migrated, compared with the inventory, and paired with its key file."""

import asyncio
from pathlib import Path

from sqlalchemy import MetaData

from chassis.database import DATABASE_FAILURES, Database, is_away
from chassis.inventory import Inventory
from chassis.migrations import migrate
from chassis.sealing import Sealing
from chassis.telemetry import Log

PAUSE_SECONDS, PAUSE_SECONDS_MAX = 0.2, 5.0

log = Log("lifecycle")


async def open_database(
    database: Database, migrations: Path, metadata: MetaData, inventory: Inventory, sealing: Sealing | None
) -> None:
    """Open and migrate, and wait for as long as the database is away; replicas and databases start in any order.

    Raises:
        UnknownRevision: a newer program, or somebody else, made the database.
        UndeclaredStore: it has a table or column that the inventory does not know.
        WrongSealKey, KeyFileRefused: the key file is not this database's.
    """
    pause = PAUSE_SECONDS
    if sealing is not None:
        sealing.file.open()
    while True:
        try:
            await database.open()
            await migrate(database, migrations, metadata)
            await inventory.check_database(database)
            await _pair_keys(database, sealing)
        except DATABASE_FAILURES as error:
            if not is_away(error):
                raise
            await database.close()
            log.warning("waiting for the database", error=error, seconds=pause)
        else:
            return
        await asyncio.sleep(pause)
        pause = min(pause * 2, PAUSE_SECONDS_MAX)


async def _pair_keys(database: Database, sealing: Sealing | None) -> None:
    if sealing is not None and (left := await database.write(sealing.pair)):
        log.warning("subject keys without a row destroyed", count=left)
