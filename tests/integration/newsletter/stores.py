"""What stands behind newsletter's ports `Subscriptions` and `Tasks`: a database, or the fakes of the unit tests."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Executable, Table, func, select

from chassis.database import Database, Session, affected
from contracts.identifiers import new_id
from services.newsletter.domain.letters import Letter
from services.newsletter.domain.secrets import hash_of
from services.newsletter.domain.subscriptions import OptIn, Subscription
from services.newsletter.domain.tasks import Action, Task
from services.newsletter.ports import Subscriptions, Tasks
from services.newsletter.tables import Base
from tests.support.clock import FakeClock
from tests.unit.newsletter.fakes import FakeSubscriptions

EMAIL = "elev@skola.example"
LETTER = Letter(to=EMAIL, subject="nyhetsbrev", text="x", html="<p>x</p>")


@dataclass
class Store:
    """What stands behind the two ports, with what the tests do through them."""

    clock: FakeClock
    subscriptions: Subscriptions
    tasks: Tasks

    async def begin(self, email: str = EMAIL, consent_record: str | None = None) -> Subscription:
        """A confirmed subscription."""
        token_hash = await self.ask(email, consent_record)
        subscription = Subscription(
            id=new_id(),
            email=email,
            language="sv",
            notice_version="2024-05-22",
            created_at=self.clock.now(),
            confirmed_at=self.clock.now(),
            unsubscribe_hash=hash_of(new_id()),
            consent_record=consent_record,
        )
        assert await self.subscriptions.confirm(subscription, token_hash, LETTER)
        return subscription

    async def ask(self, email: str = EMAIL, consent_record: str | None = None) -> str:
        token_hash = hash_of(new_id())
        opt_in = OptIn(
            token_hash=token_hash,
            email=email,
            language="sv",
            notice_version="2024-05-22",
            created_at=self.clock.now(),
            consent_record=consent_record,
        )
        await self.subscriptions.ask(opt_in, LETTER)
        return token_hash

    async def owed(self) -> list[str]:
        """The actions owed to Brevo, each done as it is taken."""
        actions = []
        while isinstance(task := await self.take(), Task):
            actions.append(task.action.value)
            await self.tasks.finish(task)
        return actions

    async def take(self) -> Task | datetime | None:
        return await self.tasks.take(tuple(Action), self.clock.now())

    async def count(self, table: str) -> int:
        raise NotImplementedError


@dataclass
class Tables(Store):
    """A database."""

    database: Database

    async def count(self, table: str) -> int:
        return await self.database.read(rows_of, Base.metadata.tables[table])

    async def run(self, statement: Executable) -> None:
        await self.database.write(affected, statement)


@dataclass
class InMemory(Store):
    """The fakes, which keep what would stand in these tables."""

    kept: FakeSubscriptions

    async def count(self, table: str) -> int:
        return {
            "subscription": len(self.kept.subscriptions),
            "opt_in": len(self.kept.opt_ins),
            "suppression": len(self.kept.suppressed),
            "mail_queue": len(self.kept.letters),
            "outbox": len(self.kept.told),
        }[table]


def in_memory() -> InMemory:
    kept = FakeSubscriptions()
    return InMemory(FakeClock(), kept, kept.tasks, kept)


def rows_of(session: Session, table: Table) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0
