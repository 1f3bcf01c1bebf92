"""Who is behind a cookie; list and end sessions; block an account before its erasure."""

from contracts.errors import ErrorKind, Refusal
from services.auth.domain.accounts import Account
from services.auth.domain.secrets import hash_of
from services.auth.domain.sessions import Session
from services.auth.ports import Accounts, Clock, Revocations, Sessions
from services.auth.usecases.refusals import not_signed_in


class SessionControl:
    """Sessions of one account, and their end."""

    def __init__(self, accounts: Accounts, sessions: Sessions, revocations: Revocations, clock: Clock) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._revocations = revocations
        self._clock = clock

    async def authenticate(self, secret: str) -> tuple[Session, Account]:
        """The session and account behind a cookie; its use is noted at most once a minute.

        Raises:
            Refusal: `no-session`.
        """
        now = self._clock.now()
        found = await self._sessions.by_secret(hash_of(secret))
        if found is None or not found[0].is_live(now):
            raise not_signed_in()
        session, account = found
        if session.use_to_be_noted(now):
            await self._sessions.note_use(session.id, now)
        return session, account

    async def live(self, account_id: str) -> list[Session]:
        """The account's sessions that may still be used."""
        now = self._clock.now()
        return [session for session in await self._sessions.of_account(account_id) if session.is_live(now)]

    async def end(self, account_id: str, session_id: str) -> None:
        """End one of the account's sessions.

        Raises:
            Refusal: it has none of this id.
        """
        if not await self._sessions.end(session_id, account_id):
            raise Refusal(ErrorKind.NOT_FOUND, "session")
        await self._revocations.announce(account_id, [session_id])

    async def end_others(self, account_id: str, session_id: str) -> None:
        """End all of the account's sessions but this one."""
        ended = await self._sessions.end_others(session_id, account_id)
        if ended:
            await self._revocations.announce(account_id, ended)

    async def block(self, account_id: str) -> None:
        """Refuse the account from now on. Repeating it, or blocking one that is erased, changes nothing."""
        await self._accounts.block(account_id)
        await self._revocations.announce(account_id)
