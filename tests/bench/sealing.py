"""Prints what sealed columns cost, with 100 000 accounts, on SQLite and PostgreSQL: milliseconds a unit of work.

    .venv/bin/python -m tests.bench.sealing

Each unit alone, then 16 at a time; wall time, and the processor time of this process (PostgreSQL's is its own).
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import LargeBinary, insert, select, type_coerce

from chassis.database import Database, Session
from chassis.sealing import destroy_unused, new_key, sealing_of
from contracts.identifiers import new_id
from services.auth.adapters.accounts import SqlAccounts
from services.auth.app import MIGRATIONS
from services.auth.inventory import INVENTORY
from services.auth.tables import ACCOUNT, RESET_TOKEN, Base
from tests.support.clock import START
from tests.support.plans import fill
from tests.support.postgres import PostgresServer
from tests.support.sealing import sealed_database

ACCOUNTS, UNITS, AT_ONCE = 100_000, 2000, 16
WORDS = {"name": "Anna Alm", "role": "user", "tier": "free", "language": "sv", "status": "active"}
MOMENTS = {"created_at": START, "last_login_at": START}
SEALED = select(ACCOUNT.c.email, ACCOUNT.c.name)
BYTES = select(type_coerce(ACCOUNT.c.email, LargeBinary), type_coerce(ACCOUNT.c.name, LargeBinary))

Unit = Callable[[int], Awaitable[object]]


@asynccontextmanager
async def filled(url: str) -> AsyncIterator[Database]:
    people = range(ACCOUNTS)
    async with sealed_database("auth", Base.metadata, url, migrations=MIGRATIONS) as database:
        accounts = [{"id": f"account-{n}", "email": f"person.{n}@skola.example", **WORDS, **MOMENTS} for n in people]
        credentials = [
            {"account_id": f"account-{n}", "password_hash": "h" * 97, "changed_at": START, "last_login_at": START}
            for n in people
        ]
        fill(url, {"account": accounts, "credential": credentials}, INVENTORY, await database.read(sealing_of))
        yield database


def units(database: Database) -> dict[str, Unit]:
    accounts = SqlAccounts(database)

    async def login(number: int) -> None:
        found = await accounts.credential_of_email(f"person.{number * 37 % ACCOUNTS}@skola.example")
        assert found is not None
        assert found.account.name == WORDS["name"]

    async def point_read(number: int) -> object:
        one = SEALED.where(ACCOUNT.c.id == f"account-{number * 37 % ACCOUNTS}")
        return await database.read(lambda session: session.execute(one).one())

    async def bytes_read(number: int) -> object:
        one = BYTES.where(ACCOUNT.c.id == f"account-{number * 37 % ACCOUNTS}")
        return await database.read(lambda session: session.execute(one).one())

    return {
        "point read, two columns as bytes": bytes_read,
        "point read, two columns unsealed": point_read,
        "login by blind index": login,
        "insert without a key": lambda _: database.write(insert_plain),
        "insert with a key, two columns sealed": lambda _: database.write(insert_sealed),
        "insert, delete, destroy": lambda _: database.write(come_and_go),
    }


def insert_plain(session: Session) -> None:
    session.execute(insert(RESET_TOKEN), {"token_hash": new_id(), "account_id": new_id(), "created_at": START})


def insert_sealed(session: Session) -> str:
    account_id, key = new_id(), new_key(session)
    email = f"{account_id}@skola.example"
    sealed = {"sealed_by": key.cell, "email": key.seal(email), "email_index": email, "name": key.seal("Anna Alm")}
    session.execute(insert(ACCOUNT), {"id": account_id, **WORDS, **MOMENTS, **sealed})
    return account_id


def come_and_go(session: Session) -> None:
    account_id = insert_sealed(session)
    session.execute(ACCOUNT.delete().where(ACCOUNT.c.id == account_id))
    destroy_unused(session)


async def measured(unit: Unit, at_once: int) -> tuple[float, float]:
    """Wall and processor milliseconds a unit."""

    async def some(worker: int) -> None:
        for number in range(worker, UNITS, at_once):
            await unit(number)

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(some(worker) for worker in range(at_once)))
    each = 1000 / UNITS
    return (time.perf_counter() - wall) * each, (time.process_time() - cpu) * each


async def report(engine: str, url: str) -> None:
    async with filled(url) as database:
        for name, unit in units(database).items():
            alone, crowd = await measured(unit, 1), await measured(unit, AT_ONCE)
            print(f"| {engine} | {name} | " + " | ".join(f"{value:.2f}" for value in (*alone, *crowd)) + " |")


async def main() -> None:
    print(f"| engine | unit of work | alone: wall | CPU | {AT_ONCE} at once: wall | CPU |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        await report("SQLite", f"sqlite:///{Path(folder)}/auth.db")
    with PostgresServer() as server:
        await report("PostgreSQL", await server.fresh_database())


if __name__ == "__main__":
    asyncio.run(main())
