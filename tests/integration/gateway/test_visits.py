"""The request log's worker: it sleeps until there is something to write, or until the secrets of the day are over."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from sqlalchemy import func, select

from chassis.clock import Clock, seconds_to_midnight
from chassis.database import Database, Session
from chassis.tasks import end_all
from services.gateway.adapters.day_secrets import DaySecrets
from services.gateway.adapters.visits import Visits
from services.gateway.domain import Visit
from services.gateway.tables import Base, RequestLog
from tests.support.sealing import sealed_database
from tests.support.waiting import until

VISIT = Visit("192.0.2.7", "/", "GET", 200, 1, "", "Firefox", "Linux", "sv")
ACCOUNT = "a" * 22

MIGRATIONS = Path("services/gateway/migrations")


def opened(folder: Path, clock: Clock) -> AbstractAsyncContextManager[Database]:
    return sealed_database("gateway", Base.metadata, f"sqlite:///{folder}/gateway.db", clock, MIGRATIONS)


def count(session: Session) -> int:
    return session.execute(select(func.count()).select_from(RequestLog)).scalar_one()


async def test_midnight_brings_new_secrets_though_nobody_asks_for_anything(tmp_path: Path) -> None:
    clock = Clock(seconds_to_midnight(Clock().now()) - 0.5)
    async with opened(tmp_path, clock) as database:
        await midnight_passes(database, clock)


async def midnight_passes(database: Database, clock: Clock) -> None:
    secrets = DaySecrets(database, clock)
    await secrets.refresh()
    visits = Visits(database, clock, secrets)
    working = asyncio.create_task(visits.run())
    yesterday = secrets.of_account(ACCOUNT)
    await until(lambda: secrets.of_account(ACCOUNT) != yesterday)
    assert yesterday in secrets.of_account_on_all_days(ACCOUNT)
    await end_all({working})


async def test_visits_are_written_soon_and_together_each_time(tmp_path: Path) -> None:
    async with opened(tmp_path, Clock()) as database:
        await visits_come(database)


async def visits_come(database: Database) -> None:
    secrets = DaySecrets(database, Clock())
    visits = Visits(database, Clock(), secrets)
    working = asyncio.create_task(visits.run())
    for written in (3, 6):
        for _ in range(3):
            visits.record(VISIT)
        async with asyncio.timeout(5):
            while await database.read(count) < written:
                await asyncio.sleep(0.05)
        assert await database.read(count) == written
    await end_all({working})
