"""The engine of dsar over a real database, stepped by hand, with services that answer by a script."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from chassis.database import Database, Session
from contracts.errors import ErrorKind, Refusal
from contracts.fulfilment import TOLD, Command, HolderAnswer
from contracts.holder import SERVICES, service_of
from kernel.receipt import RECEIPT_DOMAIN, sign
from kernel.signature import public_key_of
from services.dsar.adapters.commands import SqlCommands, letter_gone
from services.dsar.adapters.deliveries import SqlDeliveries
from services.dsar.endpoints.commands import Conducting, Telling
from services.dsar.usecases.check_answers import CheckAnswers
from services.dsar.usecases.conduct_commands import ConductCommands
from services.dsar.usecases.deliver_commands import DeliverCommands
from tests.integration.dsar.databases import COVERAGES, TEMPLATES, a_command, sql_requests
from tests.support.clock import FakeClock
from tests.unit.dsar.fakes import FakeAccounts, a_case

SEEDS = {service: f"{number:02x}" * 32 for number, service in enumerate(SERVICES, 1)}
KEYS = {service: [public_key_of(seed)] for service, seed in SEEDS.items()}
Script = Callable[[str, Command], HolderAnswer]


@dataclass
class Services:
    """What services answer: honest receipts, unless a script says otherwise; `away` ones refuse."""

    scripts: dict[str, Script] = field(default_factory=dict)
    away: dict[str, Refusal] = field(default_factory=dict)
    calls: list[tuple[str, list[str]]] = field(default_factory=list)
    told: dict[tuple[str, str], Command] = field(default_factory=dict)
    spoiled_by: str = ""

    async def fulfil(self, service: str, commands: Sequence[Command]) -> list[HolderAnswer]:
        self.calls.append((service, [command.command_id for command in commands]))
        if service in self.away:
            raise self.away[service]
        if self.spoiled_by in self.calls[-1][1]:
            raise Refusal(ErrorKind.TOO_LARGE, "message")
        return [self._answer(holder, command) for command in commands for holder in command.holders]

    def _answer(self, holder: str, command: Command) -> HolderAnswer:
        self.told[holder, command.command_id] = command
        return self.scripts.get(holder, honest)(holder, command)


def honest(holder: str, command: Command, **changed: Any) -> HolderAnswer:
    coverage = COVERAGES[command.kind][holder]
    body = {
        "domain": RECEIPT_DOMAIN,
        "holder": holder,
        "service": service_of(holder),
        "inventory_hash": coverage.inventory_hash,
        "command_id": command.command_id,
        "kind": command.kind.value,
        "salt": secrets.token_hex(32),
        "looked_for": {kind.value: len(values) for kind, values in command.locators.items()},
        "changed": {},
        "probe": dict.fromkeys(coverage.probed, 0),
        "retained": [
            {"store": store, "article": "a", "reason": "r", "until": "2029-01-01T00:00:00Z"}
            for store in coverage.retained
        ],
        "at": "2026-11-02T08:00:00Z",
        **changed,
    }
    receipt = sign(SEEDS[service_of(holder)], body)
    return HolderAnswer(command_id=command.command_id, holder=holder, receipt=receipt)


def dirty(holder: str, command: Command) -> HolderAnswer:
    return honest(holder, command, probe={})


def waiting(holder: str, command: Command) -> HolderAnswer:
    return HolderAnswer(command_id=command.command_id, holder=holder)


class Engine:
    """The conducting and the telling of a database, stepped by hand."""

    def __init__(self, database: Database, clock: FakeClock) -> None:
        self.database, self.clock = database, clock
        self.services, self.accounts = Services(), FakeAccounts()
        self.requests = sql_requests(database, clock)
        self.commands = SqlCommands(database, TEMPLATES, clock)
        self.deliveries = SqlDeliveries(database, clock)
        checking = CheckAnswers(KEYS.__getitem__, COVERAGES)
        conducting = ConductCommands(
            commands=self.commands,
            deliveries=self.deliveries,
            accounts=self.accounts,
            fulfilment=self.services,
            checking=checking,
            clock=clock,
            case_key=b"c" * 32,
        )
        self.conducting = Conducting(conducting, self.commands, clock)
        self.telling = {
            name: Telling(
                name, DeliverCommands(name, self.deliveries, self.services, checking, clock), self.deliveries, clock
            )
            for name in TOLD
        }

    async def erase(self, account_id: str) -> str:
        case = a_case(f"case-of-{account_id}", account_id, right="erasure", state="executing")
        command = a_command(f"the-command-of-{account_id}", account_id=account_id)
        assert await self.requests.record_erasure(case, command, [])
        return command.command_id

    async def conduct(self) -> float | None:
        """Until nothing is due; the seconds until something is."""
        while (seconds := await self.conducting.step()) == 0:
            continue
        return seconds

    async def tell(self, *services: str) -> None:
        """One call to each."""
        await asyncio.gather(*(self.telling[name].step() for name in services or TOLD))

    async def run(self) -> None:
        """As far as everything goes by itself, letters included."""
        await self.conduct()
        await self.tell()
        await self.conduct()
        await self.send_letters()
        await self.conduct()

    async def send_letters(self) -> None:
        def send(session: Session) -> None:
            for letter_id in session.execute(text("SELECT id FROM mail_queue")).scalars().all():
                session.execute(text("DELETE FROM mail_queue WHERE id = :id"), {"id": letter_id})
                letter_gone(session, letter_id)

        await self.database.write(send)

    async def state(self, account_id: str) -> str:
        found = await self.requests.case(f"case-of-{account_id}")
        assert found is not None
        return found.state

    async def held(self, account_id: str) -> dict[str, str]:
        found = await self.requests.case(f"case-of-{account_id}")
        assert found is not None
        return {one.holder: one.refused or ("done" if one.received_at else "waiting") for one in found.holders}

    async def rows(self, query: str) -> list[Any]:
        return await self.database.read(lambda session: list(session.execute(text(query))))

    async def change(self, statement: str) -> None:
        await self.database.write(lambda session: session.execute(text(statement)))
