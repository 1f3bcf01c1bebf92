"""The request log's worker: it sleeps until there is something to write, or until the secrets of the day are over."""

import asyncio
from pathlib import Path

from sqlalchemy import func, select

from chassis.clock import Clock, seconds_to_midnight
from chassis.database import Database, Session
from chassis.tasks import end_all
from services.gateway.adapters.day_secrets import DaySecrets
from services.gateway.adapters.visits import Visits
from services.gateway.domain import Visit
from services.gateway.tables import Base, RequestLog
from tests.support.waiting import until

VISIT = Visit("192.0.2.7", "/", "GET", 200, 1, "", "Firefox", "Linux", "sv")
ACCOUNT = "a" * 22


def make_tables(session: Session) -> None:
    Base.metadata.create_all(session.connection())


def count(session: Session) -> int:
    return session.execute(select(func.count()).select_from(RequestLog)).scalar_one()


async def test_midnight_brings_new_secrets_though_nobody_asks_for_anything(tmp_path: Path) -> None:
    clock = Clock(seconds_to_midnight(Clock().now()) - 0.5)
    database = Database(f"sqlite:///{tmp_path}/gateway.db", clock)
    await database.open()
    await database.write(make_tables)
    secrets = DaySecrets(database, clock, "11" * 32, "22" * 32)
    await secrets.refresh()
    visits = Visits(database, clock, secrets)
    working = asyncio.create_task(visits.run())
    yesterday = secrets.of_account(ACCOUNT)
    await until(lambda: secrets.of_account(ACCOUNT) != yesterday)
    assert yesterday in secrets.of_account_on_all_days(ACCOUNT)
    await end_all({working})
    await database.close()


async def test_visits_are_written_soon_and_together_each_time(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/gateway.db", Clock())
    await database.open()
    await database.write(make_tables)
    secrets = DaySecrets(database, Clock(), "11" * 32, "22" * 32)
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
    await database.close()
