"""The use cases of the auth service over fakes."""

import re
from dataclasses import dataclass, field

import pytest

from services.auth.adapters.policies import read_common_passwords, read_letters
from services.auth.domain.letters import LetterTemplates
from services.auth.domain.throttle import Guesses, MailAllowance
from services.auth.ports import Accounts, Sessions
from services.auth.settings import POLICIES
from services.auth.usecases.attempts import Attempts
from services.auth.usecases.login import LoggingIn, SignedIn
from services.auth.usecases.new_passwords import NewPasswords
from services.auth.usecases.passwords import Passwords
from services.auth.usecases.registration import Registering
from services.auth.usecases.sessions import SessionControl
from services.auth.usecases.verification import PasswordVerification
from tests.support.clock import FakeClock
from tests.unit.auth.fakes import FakeHasher, FakeRevocations, FakeStore

EMAIL, PASSWORD, NAME = "anna@skola.example", "sju små grodor hoppar", "Anna Alm"
COMMON = read_common_passwords(POLICIES)
LETTERS = read_letters(POLICIES)


@dataclass
class World:
    """The use cases; the stores are fakes unless others are given."""

    store: FakeStore = field(default_factory=FakeStore)
    accounts: Accounts | None = None
    sessions: Sessions | None = None
    hasher: FakeHasher = field(default_factory=FakeHasher)
    revocations: FakeRevocations = field(default_factory=FakeRevocations)
    clock: FakeClock = field(default_factory=FakeClock)
    replicas: int = 1

    def __post_init__(self) -> None:
        accounts, sessions = self.accounts or self.store, self.sessions or self.store
        templates = LetterTemplates(LETTERS, "http://localhost:8000/")
        mail = MailAllowance(self.replicas)
        new_passwords = NewPasswords(self.hasher, COMMON)
        self.attempts = Attempts(Guesses(self.replicas), self.clock)
        verification = PasswordVerification(accounts, self.hasher, self.attempts)
        self.registering = Registering(accounts, new_passwords, templates, mail, self.clock, first_tier="free")
        self.login = LoggingIn(verification, sessions, self.revocations, self.clock)
        self.passwords = Passwords(
            accounts, verification, new_passwords, self.attempts, templates, mail, self.revocations, self.clock
        )
        self.control = SessionControl(accounts, sessions, self.revocations, self.clock)

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
