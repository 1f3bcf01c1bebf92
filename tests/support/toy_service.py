"""A small service for the tests of the chassis: people, their notes and payments, and one recipient."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import JSON, Executable, ForeignKey, MetaData, Table, select
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.clock import Clock
from chassis.database import Database, Session, UtcDateTime
from chassis.holder import OwedCommand, PersonalDataHolder, Prepared
from chassis.inventory import Inventory
from chassis.outbox import OutboxRelay
from chassis.tables import standard_tables
from contracts.dsar import Claim
from contracts.fulfilment import Command, CommandKind
from contracts.personal_data import (
    Category,
    Declaration,
    ExternalStore,
    LegalBasis,
    Locator,
    NoPersonalData,
    PersonalData,
    Rectifiable,
    Retained,
)
from tests.support.sealing import make_tables

SERVICE, RECIPIENT = "newsletter", "brevo"
RECEIPT_SEED = "5a" * 32
YEAR = timedelta(days=365)


class Base(SQLModel, registry=registry()):
    """The toy's own registry."""


class Person(Base, table=True):
    __personal_data__: ClassVar[Declaration] = PersonalData(
        categories=(Category.CONTACT, Category.CREDENTIALS),
        purpose="know whom we write to",
        legal_basis=LegalBasis.CONSENT,
        retention=YEAR,
        located_by={Locator.ACCOUNT_ID: "id", Locator.EMAIL: "email"},
        expires="created_at",
        rectifies={Rectifiable.EMAIL: "email"},
        recipients=("Brevo",),
        withheld=frozenset({"password_hash"}),
    )

    id: str = Field(primary_key=True)
    email: str = Field(index=True)
    password_hash: bytes
    recipient_id: int
    choices: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Note(Base, table=True):
    __personal_data__: ClassVar[Declaration] = PersonalData(
        categories=(Category.CORRESPONDENCE,),
        purpose="remember what was written",
        legal_basis=LegalBasis.CONSENT,
        retention=timedelta(days=30),
        located_by={Locator.ACCOUNT_ID: "person_id"},
        expires="written_at",
        ends_on_objection=True,
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: str = Field(index=True, sa_column_args=[ForeignKey("person.id")])
    text: str
    written_at: datetime = Field(sa_type=UtcDateTime)


class Payment(Base, table=True):
    __personal_data__: ClassVar[Declaration] = PersonalData(
        categories=(Category.IDENTITY,),
        purpose="keep books",
        legal_basis=LegalBasis.LEGAL_OBLIGATION,
        retention=7 * YEAR,
        located_by={Locator.ACCOUNT_ID: "payer"},
        expires="paid_at",
        retained=Retained(article="Art. 17(3)(b)", reason="the law on bookkeeping", period=7 * YEAR),
    )

    payer: str = Field(primary_key=True)
    paid_at: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    amount: int


class Tariff(Base, table=True):
    __personal_data__: ClassVar[Declaration] = NoPersonalData(reason="prices, the same for all")

    name: str = Field(primary_key=True)
    price: int


TABLES = standard_tables(Base.metadata, mail=True, recipients=True)
STORE = ExternalStore(
    holder=RECIPIENT,
    recipient="Brevo",
    categories=(Category.NEWSLETTER,),
    purpose="send the newsletter",
    legal_basis=LegalBasis.CONSENT,
    retention=YEAR,
    located_by=(Locator.EMAIL,),
    rectifies=(Rectifiable.EMAIL,),
    ends_on_objection=False,
    restricts=True,
)
INVENTORY = Inventory(SERVICE, Base.metadata, Base, external=(STORE,))
METADATA: MetaData = Base.metadata


def table(name: str) -> Table:
    return METADATA.tables[name]


class FakeRecipient:
    """Keeps contacts by id, and the address of each; erases at once, or only from the `slow`-th time on."""

    store = STORE

    def __init__(self, slow: int = 0) -> None:
        self.contacts: dict[int, str] = {}
        self.slow = slow
        self.restricted: set[int] = set()
        self.failing: list[Exception] = []

    async def export(self, locators: Mapping[Locator, Sequence[str]]) -> list[dict[str, Any]]:
        addresses = set(locators.get(Locator.EMAIL, ()))
        return [{"id": key, "email": email} for key, email in sorted(self.contacts.items()) if email in addresses]

    def prepare(self, session: Session, command: Command) -> Prepared:
        addresses = command.locators.get(Locator.EMAIL, [])
        by_address = Person.__table__.c.email.in_(addresses)  # type: ignore[attr-defined]
        ids = list(session.scalars(select(Person.__table__.c.recipient_id).where(by_address)))  # type: ignore[attr-defined]
        address = command.payload.get(Rectifiable.EMAIL)
        looked_for = {"contact": len(ids)}
        return Prepared(looked_for=looked_for, work={"ids": ids, "address": address})

    async def carry_out(self, command: OwedCommand) -> int:
        if self.failing:
            raise self.failing.pop()
        if self.slow:
            self.slow -= 1
            return 0
        known = [key for key in command.work["ids"] if key in self.contacts]
        for key in known:
            match command.kind:
                case CommandKind.ERASE:
                    del self.contacts[key]
                case CommandKind.RECTIFY:
                    self.contacts[key] = command.work["address"]
                case CommandKind.RESTRICT:
                    self.restricted.add(key)
                case CommandKind.LIFT:
                    self.restricted.discard(key)
        return len(known)

    async def probe(self, command: OwedCommand) -> int:
        known = [key for key in command.work["ids"] if key in self.contacts]
        match command.kind:
            case CommandKind.RECTIFY:
                return sum(self.contacts[key] != command.work["address"] for key in known)
            case CommandKind.RESTRICT:
                return sum(key not in self.restricted for key in known)
            case CommandKind.LIFT:
                return sum(key in self.restricted for key in known)
        return len(known)


class Published:
    """What reached the bus; `failures` makes the next publishes fail."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes, str]] = []
        self.failures = 0

    async def __call__(self, subject: str, payload: bytes, message_id: str) -> None:
        if self.failures:
            self.failures -= 1
            raise TimeoutError
        self.messages.append((subject, payload, message_id))


class Claims:
    """dsar's answers: whom each erasure concerns."""

    def __init__(self) -> None:
        self.known: dict[str, Claim] = {}
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, erasure_id: str, holder: str) -> Claim:
        self.asked.append((erasure_id, holder))
        return self.known[erasure_id]


class Toy:
    """The service put together as its lifecycle would."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.published = Published()
        self.claims = Claims()
        self.recipient = FakeRecipient()
        self.relay = OutboxRelay(database, TABLES, self.published, clock)
        self.holder = PersonalDataHolder(
            service=SERVICE,
            database=database,
            inventory=INVENTORY,
            tables=TABLES,
            clock=clock,
            receipt_seed=RECEIPT_SEED,
            claim=self.claims,
            relay=self.relay,
            externals={RECIPIENT: self.recipient},
        )

    async def create_tables(self) -> None:
        await make_tables(self.database, METADATA)

    async def add_person(self, name: str, *, notes: int = 1, number: int = 1) -> None:
        """A person with notes, a payment, and a contact at the recipient."""
        now, email = self.clock.now(), f"{name}@school.example"

        def add(session: Session) -> None:
            session.add(
                Person(
                    id=f"id-{name}",
                    email=email,
                    password_hash=b"secret",
                    recipient_id=number,
                    choices={"weekly": True},
                    created_at=now,
                )
            )
            session.flush()
            session.add_all(
                Note(person_id=f"id-{name}", text=f"note {i} of {name}", written_at=now) for i in range(notes)
            )
            session.add(Payment(payer=f"id-{name}", paid_at=now, amount=100))

        await self.database.write(add)
        self.recipient.contacts[number] = email

    def ask_to_erase(self, name: str, erasure_id: str = "erasure-0000000001", sequence: int = 1) -> str:
        locators = locators_of(name)
        self.claims.known[erasure_id] = Claim(
            done=False, locators=locators, requested_at=self.clock.now(), sequence=sequence
        )
        return erasure_id

    async def fail_after(self, step: Callable[[Session], object]) -> None:
        """Do something in a transaction that then fails."""

        def failing(session: Session) -> None:
            step(session)
            raise ZeroDivisionError

        await self.database.write(failing)

    async def execute(self, *statements: Executable) -> None:
        """Statements in one transaction."""

        def work(session: Session) -> None:
            for statement in statements:
                session.execute(statement)

        await self.database.write(work)

    async def rows(self, name: str) -> list[dict[str, Any]]:
        query = select(table(name)).order_by(*table(name).primary_key.columns)
        rows = await self.database.read(lambda session: session.execute(query).mappings().all())
        return [dict(row) for row in rows]


def locators_of(name: str) -> dict[Locator, list[str]]:
    return {Locator.ACCOUNT_ID: [f"id-{name}"], Locator.EMAIL: [f"{name}@school.example"]}
