"""Log in, log out, prove again who is signed in."""

from dataclasses import dataclass
from datetime import datetime

from services.auth.domain.accounts import Account
from services.auth.domain.sessions import Session
from services.auth.ports import Clock, Revocations, Sessions
from services.auth.usecases.refusals import login_failed, not_signed_in
from services.auth.usecases.verification import PasswordVerification


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
        self, verification: PasswordVerification, sessions: Sessions, revocations: Revocations, clock: Clock
    ) -> None:
        self._verification = verification
        self._sessions = sessions
        self._revocations = revocations
        self._clock = clock

    async def log_in(self, email: str, password: str, current_session: str | None) -> SignedIn:
        """Start a session; the one that the browser had before ends.

        Raises:
            Refusal: `login-failed`, also where the password was reset or the account blocked while it was being
                verified; `too-many-guesses`; `busy`.
        """
        verified = await self._verification.by_email(email, password)
        stronger = await self._verification.stronger_hash(verified, password)
        session, secret = Session.begin(verified.account.id, self._clock.now())
        ended = await self._sessions.start(session, verified, replacing=current_session, stronger_hash=stronger)
        if ended is None:
            raise login_failed()
        if ended:
            await self._revocations.announce(verified.account.id, ended)
        return SignedIn(account=verified.account, secret=secret)

    async def log_out(self, account_id: str, session_id: str) -> None:
        """End the session; nothing, if it has ended."""
        if await self._sessions.end(session_id, account_id):
            await self._revocations.announce(account_id, [session_id])

    async def prove_again(self, account_id: str, session_id: str, password: str) -> Proved:
        """Put a freshly proved session in the place of the current one.

        Raises:
            Refusal: `no-session` if that one has ended, also while the password was being verified; `login-failed`;
                `too-many-guesses`; `busy`.
        """
        session = await self._sessions.by_id(session_id, account_id)
        if session is None:
            raise not_signed_in()
        verified = await self._verification.by_account(account_id, password)
        successor, secret = session.proved_again(self._clock.now())
        if not await self._sessions.succeed(session.id, successor, verified):
            raise not_signed_in()
        await self._revocations.announce(account_id, [session.id])
        return Proved(secret=secret, fresh_until=successor.fresh_until)
