"""The world of the auth service in memory; a behaviour suite in tests/integration/auth proves it like the real one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.auth.domain.accounts import (
    REGISTRATION_TTL,
    RESET_TTL,
    RESETS_PER_ACCOUNT_MAX,
    Account,
    Credential,
    Registration,
    Status,
)
from services.auth.domain.letters import Notice
from services.auth.domain.sessions import SESSIONS_PER_ACCOUNT_MAX, Session


class FakeStore:
    """Both ports, `Accounts` and `Sessions`: they share what is stored."""

    def __init__(self) -> None:
        self.registrations: dict[str, Registration] = {}
        self.accounts: dict[str, Account] = {}
        self.password_hashes: dict[str, str] = {}
        self.sessions: dict[str, Session] = {}
        self.resets: dict[str, tuple[str, datetime]] = {}
        self.letters: list[Notice] = []

    async def find(self, account_id: str) -> Account | None:
        return self.accounts.get(account_id)

    async def credential_of_email(self, email: str) -> Credential | None:
        found = [one for one in self.accounts.values() if one.email == email]
        return await self.credential_of(found[0].id) if found else None

    async def credential_of(self, account_id: str) -> Credential | None:
        account = self.accounts.get(account_id)
        if account is None or not account.usable:
            return None
        return Credential(account=account, password_hash=self.password_hashes[account_id])

    async def register(self, registration: Registration, letter: Notice | None) -> None:
        self.registrations[registration.token_hash] = registration
        self._post(letter)

    async def confirm(self, token_hash: str, account: Account, now: datetime) -> bool:
        registration = self.registrations.get(token_hash)
        if registration is None or not registration.email or now >= registration.created_at + REGISTRATION_TTL:
            return False
        if any(one.email == registration.email for one in self.accounts.values()):
            del self.registrations[token_hash]
            return False
        self.accounts[account.id] = replace(
            account, email=registration.email, name=registration.name, language=registration.language
        )
        self.password_hashes[account.id] = registration.password_hash
        self.registrations = {key: one for key, one in self.registrations.items() if one.email != registration.email}
        return True

    async def offer_reset(self, token_hash: str, account_id: str, now: datetime, letter: Notice | None) -> None:
        live = [one for one, at in self.resets.values() if one == account_id and now < at + RESET_TTL]
        if len(live) < RESETS_PER_ACCOUNT_MAX:
            self.resets[token_hash] = (account_id, now)
            self._post(letter)

    async def account_of_reset(self, token_hash: str, now: datetime) -> Account | None:
        account_id, at = self.resets.get(token_hash, ("", now))
        account = self.accounts.get(account_id)
        return account if account is not None and account.usable and now < at + RESET_TTL else None

    async def reset(self, token_hash: str, password_hash: str, now: datetime, letter: Notice) -> bool:
        account = await self.account_of_reset(token_hash, now)
        if account is None:
            return False
        self._set_password(account.id, password_hash)
        self._post(letter)
        return True

    async def change_password(self, password_hash: str, session: Session, now: datetime, letter: Notice) -> bool:
        if await self.credential_of(session.account_id) is None:
            return False
        self._set_password(session.account_id, password_hash)
        self.sessions[session.id] = session
        self._post(letter)
        return True

    async def block(self, account_id: str) -> None:
        if account_id in self.accounts:
            self.accounts[account_id] = replace(self.accounts[account_id], status=Status.BLOCKED)
        self._forget_access(account_id)

    async def start(self, session: Session, *, replacing: str | None, password_hash: str | None) -> list[str] | None:
        account = self.accounts.get(session.account_id)
        if account is None or not account.usable:
            return None
        if password_hash is not None:
            self.password_hashes[account.id] = password_hash
        self.sessions[session.id] = session
        surplus = [one.id for one in await self.of_account(account.id)][SESSIONS_PER_ACCOUNT_MAX:]
        ended = [one for one in (*surplus, replacing) if one in self.sessions]
        for one in ended:
            del self.sessions[one]
        return ended

    async def succeed(self, predecessor_id: str, session: Session) -> bool:
        if self.sessions.pop(predecessor_id, None) is None:
            return False
        self.sessions[session.id] = session
        return True

    async def by_secret(self, secret_hash: str) -> tuple[Session, Account] | None:
        for session in self.sessions.values():
            account = self.accounts.get(session.account_id)
            if session.secret_hash == secret_hash and account is not None and account.usable:
                return session, account
        return None

    async def by_id(self, session_id: str, account_id: str) -> Session | None:
        session = self.sessions.get(session_id)
        return session if session is not None and session.account_id == account_id else None

    async def note_use(self, session_id: str, now: datetime) -> None:
        if session_id in self.sessions:
            self.sessions[session_id] = replace(self.sessions[session_id], last_seen_at=now)

    async def of_account(self, account_id: str) -> Sequence[Session]:
        theirs = [session for session in self.sessions.values() if session.account_id == account_id]
        return sorted(theirs, key=lambda session: session.authenticated_at, reverse=True)

    async def end(self, session_ids: Sequence[str], account_id: str) -> list[str]:
        ended = [one for one in session_ids if one in self.sessions and self.sessions[one].account_id == account_id]
        for one in ended:
            del self.sessions[one]
        return ended

    def _post(self, letter: Notice | None) -> None:
        if letter is not None:
            self.letters.append(letter)

    def _set_password(self, account_id: str, password_hash: str) -> None:
        self.password_hashes[account_id] = password_hash
        self._forget_access(account_id)

    def _forget_access(self, account_id: str) -> None:
        self.sessions = {key: one for key, one in self.sessions.items() if one.account_id != account_id}
        self.resets = {key: one for key, one in self.resets.items() if one[0] != account_id}


class FakeHasher:
    """Quick, and remembers for what it was asked to work."""

    def __init__(self) -> None:
        self.compared: list[str | None] = []
        self.outdated: set[str] = set()

    async def hashed(self, password: str) -> str:
        return f"hash of {password}"

    async def matches(self, password_hash: str | None, password: str) -> bool:
        self.compared.append(password_hash)
        return password_hash is not None and password_hash.removeprefix("old ") == f"hash of {password}"

    def is_outdated(self, password_hash: str) -> bool:
        return password_hash.startswith("old ")


class FakeRevocations:
    def __init__(self) -> None:
        self.announced: list[tuple[str, tuple[str, ...]]] = []

    async def announce(self, account_id: str, session_ids: Sequence[str] = ()) -> None:
        self.announced.append((account_id, tuple(session_ids)))
