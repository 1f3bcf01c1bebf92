"""The stores of the consent service: the fake, SQLite and PostgreSQL, and what stands in a database."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Row, Select, delete, select

from chassis.database import Database, Session
from chassis.holder.rows import rows_of
from chassis.migrations import migrate
from chassis.retention import Retention
from contracts.personal_data import Locator
from services.consent.adapters.consents import SqlConsents
from services.consent.adapters.evidence import EvidenceBook
from services.consent.adapters.maintenance import Maintenance
from services.consent.adapters.rows import RECORD_NAMES
from services.consent.app import MIGRATIONS
from services.consent.domain import FIRST_LINK, ActiveConsent, Change, Record, Shown, Wish, decide, first_broken
from services.consent.inventory import INVENTORY
from services.consent.ports import Consents, Decide
from services.consent.tables import CHAIN, EVIDENCE, RECORD, TABLES, Base
from tests.support.clock import FakeClock
from tests.support.commands import a_command

VERSION = "2024-05-22"
SHOWN = Shown(controller="Midgard AI AS", version=VERSION, hash="a" * 64, language="sv", legal_basis="consent")
KEY = bytes(32)


class Store:
    """A database of the service, and what works on it."""

    def __init__(self, url: str, database: Database, clock: FakeClock) -> None:
        self.url = url
        self.database = database
        self.clock = clock
        self.consents = SqlConsents(database, EvidenceBook(KEY))
        self.maintenance = Maintenance(database, self.clock, EvidenceBook(KEY))
        self.retention = Retention(database, INVENTORY, TABLES, self.clock)

    async def choose(self, account_id: str, *, agreed: bool) -> Change:
        decided = deciding(self.clock, account_id=account_id, account={"text_tools": agreed})
        return await self.consents.change(account_id, None, decided)

    async def erase(self, account_id: str) -> None:
        """The unit of work that erases an account's rows."""
        await self.database.write(self.erasing, account_id)

    def erasing(self, session: Session, account_id: str) -> None:
        locators = {Locator.ACCOUNT_ID: [account_id]}
        self.maintenance.leave_evidence(session, a_command(locators))
        for table, declaration in INVENTORY.personal_tables():
            if declaration.retained is None:
                session.execute(delete(table).where(rows_of(table, declaration, locators)))

    async def records(self) -> list[Row[Any]]:
        return await self._rows(select(RECORD).order_by(RECORD.c.sequence))

    async def evidence(self) -> list[Row[Any]]:
        return await self._rows(select(EVIDENCE))

    async def broken(self) -> int | None:
        links = await self._rows(select(CHAIN).order_by(CHAIN.c.sequence))
        records = {row.sequence: record_in(row) for row in await self.records()}
        return first_broken(FIRST_LINK, [(one.sequence, one.commitment, one.chained) for one in links], records)

    async def _rows(self, query: Select[Any]) -> list[Row[Any]]:
        def rows(session: Session) -> list[Row[Any]]:
            return list(session.execute(query).all())

        return await self.database.read(rows)


def record_in(row: Row[Any]) -> Record:
    return Record(**{name: getattr(row, name) for name in RECORD_NAMES})


def deciding(
    clock: FakeClock,
    *,
    account_id: str | None = None,
    visitor_id: str | None = None,
    account: dict[str, bool] | None = None,
    cookies: dict[str, bool] | None = None,
    method: str = "web",
) -> Decide:
    wish = Wish(
        account_id=account_id,
        visitor_id=visitor_id,
        account_purposes=account or {},
        cookie_purposes=cookies or {},
        method=method,
    )

    def decided(active_consents: Sequence[ActiveConsent]) -> Change:
        return decide(wish, active_consents, {VERSION}, SHOWN, clock.now())

    return decided


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Store]:
    clock = FakeClock()
    database = Database(url, clock)
    await database.open()
    try:
        await migrate(database, MIGRATIONS, Base.metadata)
        yield Store(url, database, clock)
    finally:
        await database.close()


class Behind:
    """Any store behind the port, for the suite that all must pass."""

    def __init__(self, consents: Consents, erase: Callable[[str], Awaitable[None]]) -> None:
        self.consents = consents
        self.erase = erase
        self.clock = FakeClock()

    async def choose(self, account_id: str, **purposes: bool) -> Change:
        decided = deciding(self.clock, account_id=account_id, account=purposes)
        return await self.consents.change(account_id, None, decided)

    async def choose_cookies(self, visitor_id: str | None, **purposes: bool) -> Change:
        decided = deciding(self.clock, visitor_id=visitor_id, cookies=purposes)
        return await self.consents.change(None, visitor_id, decided)
