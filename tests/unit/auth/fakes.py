"""The world of the auth service in memory; a behaviour suite in tests/integration/auth proves it like the real one."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

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
        self.changed_at: dict[str, datetime] = {}
        self.sessions: dict[str, Session] = {}
        self.resets: dict[str, tuple[str | None, datetime]] = {}
        self.letters: list[Notice] = []

    async def find(self, account_id: str) -> Account | None:
        return self.accounts.get(account_id)

    async def credential_of_email(self, email: str) -> Credential | None:
        account = self._usable_of(email)
        return await self.credential_of(account.id) if account else None

    async def credential_of(self, account_id: str) -> Credential | None:
        account = self.accounts.get(account_id)
        if account is None or not account.usable:
            return None
        return Credential(
            account=account, password_hash=self.password_hashes[account_id], changed_at=self.changed_at[account_id]
        )

    async def register(self, registration: Registration, unknown: Notice, known: Notice) -> None:
        if self._usable_of(registration.email) is not None:
            registration = replace(registration, email="", name="", password_hash="")
            unknown = known
        self.registrations[registration.token_hash] = registration
        self.letters.append(unknown)

    async def confirm(self, token_hash: str, account: Account, now: datetime) -> bool:
        registration = self.registrations.get(token_hash)
        if registration is None or not registration.email or now >= registration.created_at + REGISTRATION_TTL:
            return False
        self.registrations = {key: one for key, one in self.registrations.items() if one.email != registration.email}
        if any(one.email == registration.email for one in self.accounts.values()):
            return False
        self.accounts[account.id] = replace(
            account, email=registration.email, name=registration.name, language=registration.language
        )
        self.password_hashes[account.id], self.changed_at[account.id] = registration.password_hash, now
        return True

    async def offer_reset(self, token_hash: str, email: str, now: datetime, letter: Notice) -> None:
        account = self._usable_of(email)
        if account is None:
            self.resets[token_hash] = (None, now)
            return
        live = [one for one, at in self.resets.values() if one == account.id and now < at + RESET_TTL]
        if len(live) < RESETS_PER_ACCOUNT_MAX:
            self.resets[token_hash] = (account.id, now)
            self.letters.append(letter)

    async def account_of_reset(self, token_hash: str, now: datetime) -> Account | None:
        account_id, at = self.resets.get(token_hash, (None, now))
        account = self.accounts.get(account_id or "")
        return account if account is not None and account.usable and now < at + RESET_TTL else None

    async def reset(self, token_hash: str, password_hash: str, now: datetime, letter: Notice) -> bool:
        account = await self.account_of_reset(token_hash, now)
        if account is None:
            return False
        self._set_password(account.id, password_hash, now)
        self.letters.append(letter)
        return True

    async def change_password(
        self, verified: Credential, password_hash: str, session: Session, now: datetime, letter: Notice
    ) -> bool:
        if not self._still(verified):
            return False
        self._set_password(verified.account.id, password_hash, now)
        self.sessions[session.id] = session
        self.letters.append(letter)
        return True

    async def block(self, account_id: str) -> None:
        if account_id in self.accounts:
            self.accounts[account_id] = replace(self.accounts[account_id], status=Status.BLOCKED)
        self._end_access(account_id)

    async def start(
        self, session: Session, verified: Credential, *, replacing: str | None, stronger_hash: str | None
    ) -> list[str] | None:
        account_id = verified.account.id
        if not self._still(verified):
            return None
        if stronger_hash is not None and self.password_hashes[account_id] == verified.password_hash:
            self.password_hashes[account_id] = stronger_hash
        self.sessions[session.id] = session
        surplus = sorted(self._of(account_id), key=lambda one: one.authenticated_at, reverse=True)
        ended = [one.id for one in surplus[SESSIONS_PER_ACCOUNT_MAX:]]
        return self._end([*ended, *filter(None, [replacing])])

    async def succeed(self, predecessor_id: str, session: Session, verified: Credential) -> bool:
        if not self._still(verified) or self.sessions.pop(predecessor_id, None) is None:
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
        session = self.sessions.get(session_id)
        if session is not None and session.last_seen_at < now:
            self.sessions[session_id] = replace(session, last_seen_at=now)

    async def of_account(self, account_id: str) -> Sequence[Session]:
        theirs = sorted(self._of(account_id), key=lambda session: session.authenticated_at, reverse=True)
        return theirs[:SESSIONS_PER_ACCOUNT_MAX]

    async def end(self, session_id: str, account_id: str) -> bool:
        return bool(self._end([one.id for one in self._of(account_id) if one.id == session_id]))

    async def end_others(self, session_id: str, account_id: str) -> list[str]:
        return self._end([one.id for one in self._of(account_id) if one.id != session_id])

    def _usable_of(self, email: str) -> Account | None:
        return next((one for one in self.accounts.values() if one.email == email and one.usable), None)

    def _still(self, verified: Credential) -> bool:
        account = self.accounts.get(verified.account.id)
        return account is not None and account.usable and self.changed_at[account.id] == verified.changed_at

    def _of(self, account_id: str) -> list[Session]:
        return [session for session in self.sessions.values() if session.account_id == account_id]

    def _end(self, session_ids: Sequence[str]) -> list[str]:
        return [one for one in session_ids if self.sessions.pop(one, None) is not None]

    def _set_password(self, account_id: str, password_hash: str, now: datetime) -> None:
        self.password_hashes[account_id] = password_hash
        self.changed_at[account_id] = max(now, self.changed_at[account_id] + timedelta(microseconds=1))
        self._end_access(account_id)

    def _end_access(self, account_id: str) -> None:
        self.sessions = {key: one for key, one in self.sessions.items() if one.account_id != account_id}
        self.resets = {key: one for key, one in self.resets.items() if one[0] != account_id}


class FakeHasher:
    """Quick; remembers for what it was asked to work, and lets a test do something while it works."""

    def __init__(self) -> None:
        self.compared: list[str | None] = []
        self.hashed_passwords: list[str] = []
        self.refusal: Exception | None = None
        self._meanwhile: Callable[[], Awaitable[object]] | None = None

    def meanwhile(self, happening: Callable[[], Awaitable[object]]) -> None:
        """Let this happen during the next piece of work, once."""
        self._meanwhile = happening

    async def hashed(self, password: str) -> str:
        await self._work()
        self.hashed_passwords.append(password)
        return f"hash of {password}"

    async def matches(self, password_hash: str | None, password: str) -> bool:
        await self._work()
        self.compared.append(password_hash)
        return password_hash is not None and password_hash.removeprefix("old ") == f"hash of {password}"

    def is_outdated(self, password_hash: str) -> bool:
        return password_hash.startswith("old ")

    async def _work(self) -> None:
        if self.refusal is not None:
            raise self.refusal
        happening, self._meanwhile = self._meanwhile, None
        if happening is not None:
            await happening()


class FakeRevocations:
    def __init__(self) -> None:
        self.announced: list[tuple[str, tuple[str, ...]]] = []

    async def announce(self, account_id: str, session_ids: Sequence[str] = ()) -> None:
        self.announced.append((account_id, tuple(session_ids)))
