"""The databases of dsar in tests, without the service around them."""

import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from chassis.database import Database
from contracts.fulfilment import CommandKind
from contracts.ledger import KeyedHash
from contracts.personal_data import Locator
from kernel.receipt import coverages
from services.dsar.adapters.letters import LetterTemplates
from services.dsar.adapters.requests import SqlRequests
from services.dsar.domain.case import NewCommand
from services.dsar.settings import INVENTORIES, POLICIES
from services.dsar.tables import Base
from tests.support.clock import FakeClock
from tests.support.sealing import sealed_database

MIGRATIONS = Path("services/dsar/migrations")
DECLARED = json.loads(INVENTORIES.read_bytes())["inventories"]
COVERAGES = {kind: coverages(DECLARED, kind) for kind in CommandKind}
TEMPLATES = LetterTemplates(POLICIES, "https://larabot.example")


def opened(url: str, clock: FakeClock) -> AbstractAsyncContextManager[Database]:
    return sealed_database("dsar", Base.metadata, url, clock, MIGRATIONS)


def sql_requests(database: Database, clock: FakeClock) -> SqlRequests:
    return SqlRequests(database, TEMPLATES, clock, COVERAGES)


def a_command(command_id: str, kind: CommandKind = CommandKind.ERASE, account_id: str = "account") -> NewCommand:
    return NewCommand(
        command_id=command_id,
        kind=kind,
        locators={"account_id": [account_id], "email": [f"{account_id}@example.org"] * 2},
        hashes=[KeyedHash(kind=Locator.ACCOUNT_ID, hash="ef" * 32)],
        commitments=["01" * 32],
        values={"name": "Kim"} if kind is CommandKind.RECTIFY else {},
    )
