"""Log in, log out, prove again who is signed in."""

from dataclasses import dataclass
from datetime import datetime

from services.auth.domain.accounts import Account
from services.auth.domain.passwords import normalised
from services.auth.domain.sessions import Session
from services.auth.domain.throttle import Guesses
from services.auth.ports import Accounts, Clock, PasswordHasher, Revocations, Sessions
from services.auth.usecases.refusals import login_failed, not_signed_in, too_many_guesses


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The account, and the secret for its new cookie."""

    account: Account
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """The secret for the new cookie, and until when the proof counts."""

    secret: str
    fresh_until: datetime


class LoggingIn:
    """By password. Each proof makes a new session, so that a stolen older cookie is worth nothing."""

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        hasher: PasswordHasher,
        guesses: Guesses,
        revocations: Revocations,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._hasher = hasher
        self._guesses = guesses
        self._revocations = revocations
        self._clock = clock

    async def log_in(self, email: str, password: str, current_session: str | None) -> SignedIn:
        """Start a session; the one that the browser had before ends."""
        self._slow_down(email)
        credential = await self._accounts.credential_of_email(email)
        password = normalised(password)
        known_hash = credential.password_hash if credential else None
        if not await self._hasher.matches(known_hash, password) or credential is None:
            self._guesses.failed(email, self._clock.now())
            raise login_failed()
        self._guesses.succeeded(email)
        session, secret = Session.begin(credential.account.id, self._clock.now())
        ended = await self._sessions.start(
            session,
            replacing=current_session,
            password_hash=await self._stronger(credential.password_hash, password),
        )
        if ended is None:
            raise login_failed()
        if ended:
            await self._revocations.announce(credential.account.id, ended)
        return SignedIn(account=credential.account, secret=secret)

    async def log_out(self, account_id: str, session_id: str) -> None:
        """End the session."""
        ended = await self._sessions.end([session_id], account_id)
        if ended:
            await self._revocations.announce(account_id, ended)

    async def prove_again(self, account_id: str, session_id: str, password: str) -> Proved:
        """Put a freshly proved session in the place of the current one."""
        session = await self._sessions.by_id(session_id, account_id)
        if session is None:
            raise not_signed_in()
        await self.check_password(account_id, password)
        successor, secret = session.proved_again(self._clock.now())
        if not await self._sessions.succeed(session.id, successor):
            raise not_signed_in()
        await self._revocations.announce(account_id, [session.id])
        return Proved(secret=secret, fresh_until=successor.fresh_until)

    async def check_password(self, account_id: str, password: str) -> Account:
        """Compare the password of a signed-in account, as slowly as at login."""
        self._slow_down(account_id)
        credential = await self._accounts.credential_of(account_id)
        known_hash = credential.password_hash if credential else None
        if not await self._hasher.matches(known_hash, normalised(password)) or credential is None:
            self._guesses.failed(account_id, self._clock.now())
            raise login_failed()
        self._guesses.succeeded(account_id)
        return credential.account

    def _slow_down(self, person: str) -> None:
        wait_seconds = self._guesses.wait_seconds(person, self._clock.now())
        if wait_seconds:
            raise too_many_guesses(wait_seconds)

    async def _stronger(self, password_hash: str, password: str) -> str | None:
        return await self._hasher.hashed(password) if self._hasher.is_outdated(password_hash) else None
