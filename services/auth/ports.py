"""What the use cases need from the world."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from services.auth.domain.accounts import Account, Credential, Registration
from services.auth.domain.letters import Notice
from services.auth.domain.sessions import Session


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Aware, in UTC."""


class PasswordHasher(Protocol):
    """Slow, memory-hard hashing; refuses when more is asked of it than it can do."""

    async def hashed(self, password: str) -> str:
        """Hash a new password."""

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Compare; without a hash it works as long and says no."""

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with weaker parameters than are used now."""


class Accounts(Protocol):
    """Accounts, registrations, credentials and reset links. Each method is one transaction, its letter included."""

    async def find(self, account_id: str) -> Account | None:
        """An account, blocked or not."""

    async def credential_of_email(self, email: str) -> Credential | None:
        """A usable account by its address."""

    async def credential_of(self, account_id: str) -> Credential | None:
        """A usable account by its id."""

    async def register(self, registration: Registration, letter: Notice | None) -> None:
        """Note a registration that waits for its address to be confirmed."""

    async def confirm(self, token_hash: str, account: Account, now: datetime) -> bool:
        """Turn a registration into the account; its address, name and language are filled in.

        False if the link is used, expired, unknown, or the address has an account by now.
        """

    async def offer_reset(self, token_hash: str, account_id: str, now: datetime, letter: Notice | None) -> None:
        """Note a reset link; too many open ones for the account means that neither link nor letter goes out."""

    async def account_of_reset(self, token_hash: str, now: datetime) -> Account | None:
        """The usable account that a live reset link belongs to."""

    async def reset(self, token_hash: str, password_hash: str, now: datetime, letter: Notice) -> bool:
        """Use up a reset link: new password, no sessions, no other links. False if it is no longer good."""

    async def change_password(self, password_hash: str, session: Session, now: datetime, letter: Notice) -> bool:
        """Set a password and leave `session` as the only one. False if the account is not usable any more."""

    async def block(self, account_id: str) -> None:
        """Refuse the account from now on; sessions and reset links go."""


class Sessions(Protocol):
    """Live sessions. Each method is one transaction."""

    async def start(self, session: Session, *, replacing: str | None, password_hash: str | None) -> list[str] | None:
        """Keep a session and note the login; `password_hash` replaces an outdated one.

        The ids of sessions that ended by this; None if the account is not usable any more.
        """

    async def succeed(self, predecessor_id: str, session: Session) -> bool:
        """Put a session in the place of its predecessor. False if that one is gone."""

    async def by_secret(self, secret_hash: str) -> tuple[Session, Account] | None:
        """The session behind a cookie, with its account if that is usable."""

    async def by_id(self, session_id: str, account_id: str) -> Session | None:
        """One session of an account."""

    async def note_use(self, session_id: str, now: datetime) -> None:
        """Remember that it was used."""

    async def of_account(self, account_id: str) -> Sequence[Session]:
        """All of an account's, newest first."""

    async def end(self, session_ids: Sequence[str], account_id: str) -> list[str]:
        """End some of an account's; the ids that really ended."""


class Revocations(Protocol):
    """Tells every gateway."""

    async def announce(self, account_id: str, session_ids: Sequence[str] = ()) -> None:
        """These sessions have ended; none named means all of the account's."""
