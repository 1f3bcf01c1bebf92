"""Everything that hashes a password at somebody's request, behind the attempts that are left to them."""

from services.auth.domain.accounts import Credential
from services.auth.domain.passwords import normalised
from services.auth.ports import Accounts, PasswordHasher
from services.auth.usecases.attempts import Attempts
from services.auth.usecases.refusals import login_failed


class PasswordVerification:
    """Says whose password it is. The credential that it returns is compared again where something is written."""

    def __init__(self, accounts: Accounts, hasher: PasswordHasher, attempts: Attempts) -> None:
        self._accounts = accounts
        self._hasher = hasher
        self._attempts = attempts

    async def by_email(self, email: str, password: str) -> Credential:
        """Verify the password of whoever has this address.

        Raises:
            Refusal: `login-failed` for a wrong password, an unknown address and a blocked account alike and after
                the same work; `too-many-guesses`; `busy`.
        """
        async with self._attempts.one(email) as attempt:
            credential = await self._accounts.credential_of_email(email)
            if not await self._matches(credential, password) or credential is None:
                attempt.failed()
                raise login_failed()
            attempt.succeeded()
            return credential

    async def by_account(self, account_id: str, password: str) -> Credential:
        """Verify the password of a signed-in account.

        Raises:
            Refusal: as `by_email`.
        """
        async with self._attempts.one(account_id) as attempt:
            credential = await self._accounts.credential_of(account_id)
            if not await self._matches(credential, password) or credential is None:
                attempt.failed()
                raise login_failed()
            attempt.succeeded()
            return credential

    async def stronger_hash(self, verified: Credential, password: str) -> str | None:
        """A hash with today's parameters for a password whose stored hash was made with others; else None."""
        if not self._hasher.is_outdated(verified.password_hash):
            return None
        return await self._hasher.hashed(normalised(password))

    async def _matches(self, credential: Credential | None, password: str) -> bool:
        return await self._hasher.matches(credential.password_hash if credential else None, normalised(password))
