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
    """Slow, memory-hard hashing of passwords."""

    async def hashed(self, password: str) -> str:
        """Hash a new password, with a salt of its own.

        Raises:
            Refusal: `unavailable`, since more are waiting than can be served soon.
        """

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Compare; without a hash it works as long and says no.

        Raises:
            Refusal: `unavailable`, since more are waiting than can be served soon.
        """

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than are used now."""


class Accounts(Protocol):
    """Accounts, registrations, credentials and reset links. Each method is one unit of work, its letter included.

    What a caller verified beforehand (a password, that the account may be used) is compared again in that unit.
    """

    async def find(self, account_id: str) -> Account | None:
        """An account, blocked or not."""

    async def credential_of_email(self, email: str) -> Credential | None:
        """A usable account by its address, in canonical form."""

    async def credential_of(self, account_id: str) -> Credential | None:
        """A usable account by its id."""

    async def register(self, registration: Registration, unknown: Notice, known: Notice) -> None:
        """Keep a registration that waits for its address to be confirmed, and send the letter `unknown`.

        If the address has a usable account, as much is written, but nothing of what was typed in, and the letter
        `known` is sent.
        """

    async def confirm(self, token_hash: str, account: Account, now: datetime) -> bool:
        """Turn a registration into the account; its address, name and language are filled in.

        False if the link is used, expired, unknown, or the address has an account by now.
        """

    async def offer_reset(self, token_hash: str, email: str, now: datetime, letter: Notice) -> None:
        """Keep a reset link for the usable account of an address, and send the letter.

        Without such an account as much is written, and nothing sent. Where an account has too many open links
        (`RESETS_PER_ACCOUNT_MAX`), neither is done.
        """

    async def account_of_reset(self, token_hash: str, now: datetime) -> Account | None:
        """The usable account that a live reset link belongs to."""

    async def reset(self, token_hash: str, password_hash: str, now: datetime, letter: Notice) -> bool:
        """Use up a reset link: new password, no sessions, no other links. False if it is no longer good."""

    async def change_password(
        self, verified: Credential, password_hash: str, session: Session, now: datetime, letter: Notice
    ) -> bool:
        """Set a password and leave `session` as the only one.

        False if the account cannot be used any more, or has another password than the one that was verified.
        """

    async def block(self, account_id: str) -> None:
        """Refuse the account from now on; sessions and reset links go."""


class Sessions(Protocol):
    """Sessions of signed-in browsers. Each method is one unit of work."""

    async def start(
        self, session: Session, verified: Credential, *, replacing: str | None, stronger_hash: str | None
    ) -> list[str] | None:
        """Keep a session and the time of the login, and put `stronger_hash` in the place of the verified hash.

        The ids of sessions that ended by this (the one replaced, the oldest beyond `SESSIONS_PER_ACCOUNT_MAX`); None
        if the account cannot be used any more, or has another password than the one that was verified.
        """

    async def succeed(self, predecessor_id: str, session: Session, verified: Credential) -> bool:
        """Put a session in the place of its predecessor.

        False if that one is gone, the account cannot be used any more, or has another password than was verified.
        """

    async def by_secret(self, secret_hash: str) -> tuple[Session, Account] | None:
        """The session behind a cookie, with its account if that is usable."""

    async def by_id(self, session_id: str, account_id: str) -> Session | None:
        """One session of an account."""

    async def note_use(self, session_id: str, now: datetime) -> None:
        """Remember that it was used."""

    async def of_account(self, account_id: str) -> Sequence[Session]:
        """All of an account's, the one proved last first."""

    async def end(self, session_id: str, account_id: str) -> bool:
        """End one of an account's; whether it did."""

    async def end_others(self, session_id: str, account_id: str) -> list[str]:
        """End all of an account's but this one; the ids that ended."""


class Revocations(Protocol):
    """Tells every gateway which sessions have ended."""

    async def announce(self, account_id: str, session_ids: Sequence[str] = ()) -> None:
        """Send word that these sessions have ended; none named means all of the account's."""
