"""The use cases of dsar over fakes."""

from dataclasses import dataclass, field

import pytest

from contracts.dsar import Open, Opened, Right
from contracts.envelope import Caller
from services.dsar.usecases.gather import Gather
from services.dsar.usecases.issue_command import IssueCommand
from services.dsar.usecases.look_up import LookUp
from services.dsar.usecases.open_request import Keys, OpenRequest
from services.dsar.usecases.see_case import SeeCase
from tests.support.clock import FakeClock
from tests.unit.dsar.fakes import FakeAccounts, FakeHolders, FakeRequests

ACCOUNT, ADDRESS = "account-of-kim", "kim@example.org"


@dataclass
class World:
    clock: FakeClock = field(default_factory=FakeClock)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    holders: FakeHolders = field(default_factory=FakeHolders)
    keys: Keys = field(default_factory=lambda: Keys(ledger=b"l" * 32, case=b"c" * 32))

    def __post_init__(self) -> None:
        self.accounts.addresses[ACCOUNT] = ADDRESS
        self.requests = FakeRequests(self.clock)
        self.opening = OpenRequest(self.requests, self.accounts, self.clock, self.keys)
        self.seeing = SeeCase(self.requests, self.clock, self.keys.case)
        self.gathering = Gather(self.accounts, self.holders)
        self.looking_up = LookUp(self.requests, self.clock, self.keys.ledger)
        self.issuing = IssueCommand(self.requests, self.accounts, self.keys.ledger)

    async def open(self, right: Right, key: str | None = None, account_id: str = ACCOUNT) -> tuple[Opened, bool]:
        caller = Caller(service="gateway", account_id=account_id, idempotency_key=key)
        return await self.opening.open(Open(right=right), caller)


@pytest.fixture
def world() -> World:
    return World()
