"""The use cases of the auth service over fakes."""

import re
from dataclasses import dataclass, field

import pytest

from services.auth.adapters.policies import read_common_passwords, read_letters
from services.auth.domain.letters import LetterTemplates
from services.auth.domain.throttle import Guesses, MailAllowance
from services.auth.settings import POLICIES
from services.auth.usecases.login import LoggingIn, SignedIn
from services.auth.usecases.passwords import Passwords
from services.auth.usecases.registration import Registering
from services.auth.usecases.sessions import SessionControl
from tests.support.clock import FakeClock
from tests.unit.auth.fakes import FakeHasher, FakeRevocations, FakeStore

EMAIL, PASSWORD, NAME = "anna@skola.example", "sju små grodor hoppar", "Anna Alm"
COMMON = read_common_passwords(POLICIES)
LETTERS = read_letters(POLICIES)


@dataclass
class World:
    store: FakeStore = field(default_factory=FakeStore)
    hasher: FakeHasher = field(default_factory=FakeHasher)
    revocations: FakeRevocations = field(default_factory=FakeRevocations)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        templates, mail = LetterTemplates(LETTERS, "http://localhost:8000/"), MailAllowance()
        self.registering = Registering(
            self.store, self.hasher, templates, mail, self.clock, common_passwords=COMMON, first_tier="free"
        )
        self.login = LoggingIn(self.store, self.store, self.hasher, Guesses(), self.revocations, self.clock)
        self.passwords = Passwords(
            self.store,
            self.hasher,
            self.login,
            templates,
            mail,
            self.revocations,
            self.clock,
            common_passwords=COMMON,
        )
        self.control = SessionControl(self.store, self.store, self.revocations, self.clock)

    def mailed_secret(self) -> str:
        found = re.search(r"#token=([A-Za-z0-9_-]+)", self.store.letters[-1].text)
        assert found is not None
        return found[1]

    async def an_account(self, email: str = EMAIL) -> str:
        await self.registering.register(email, PASSWORD, NAME, "sv")
        await self.registering.confirm(self.mailed_secret())
        credential = await self.store.credential_of_email(email)
        assert credential is not None
        return credential.account.id

    async def signed_in(self) -> SignedIn:
        return await self.login.log_in(EMAIL, PASSWORD, None)


@pytest.fixture
def world() -> World:
    return World()
