"""Change a password while signed in, or set a new one by a mailed link."""

from collections.abc import Set as AbstractSet

from contracts.identifiers import new_id, new_secret
from services.auth.domain.accounts import Account
from services.auth.domain.letters import LetterTemplates, Notice, Occasion
from services.auth.domain.passwords import normalised, weakness
from services.auth.domain.secrets import hash_of
from services.auth.domain.sessions import Session
from services.auth.domain.throttle import MailAllowance
from services.auth.ports import Accounts, Clock, PasswordHasher, Revocations
from services.auth.usecases.login import LoggingIn
from services.auth.usecases.refusals import link_used_up, not_signed_in, weak_password


class Passwords:
    """Every change ends the other sessions and is told to the account's address."""

    def __init__(
        self,
        accounts: Accounts,
        hasher: PasswordHasher,
        login: LoggingIn,
        templates: LetterTemplates,
        mail: MailAllowance,
        revocations: Revocations,
        clock: Clock,
        *,
        common_passwords: AbstractSet[str],
    ) -> None:
        self._accounts = accounts
        self._hasher = hasher
        self._login = login
        self._templates = templates
        self._mail = mail
        self._revocations = revocations
        self._clock = clock
        self._common = frozenset(common_passwords)

    async def change(self, account_id: str, current: str, password: str) -> str:
        """Set a new password; returns the secret of the one session that is left."""
        account = await self._login.check_password(account_id, current)
        password_hash = await self._accepted(password, account)
        now = self._clock.now()
        session, secret = Session.begin(account_id, now)
        if not await self._accounts.change_password(password_hash, session, now, self._told(account)):
            raise not_signed_in()
        await self._revocations.announce(account_id)
        return secret

    async def forget(self, email: str, language: str) -> None:
        """Mail a reset link; for an address without an account the same is written, and nothing is sent."""
        now = self._clock.now()
        credential = await self._accounts.credential_of_email(email)
        secret = new_secret()
        letter = None
        if credential is not None and self._mail.take(email, now):
            letter = self._templates.write(Occasion.RESET_PASSWORD, to=email, language=language, secret=secret)
        account_id = credential.account.id if credential else new_id()
        await self._accounts.offer_reset(hash_of(secret), account_id, now, letter)

    async def reset(self, token: str, password: str) -> None:
        """Use a reset link; the person then logs in with the new password."""
        token_hash = hash_of(token)
        account = await self._accounts.account_of_reset(token_hash, self._clock.now())
        if account is None:
            raise link_used_up()
        password_hash = await self._accepted(password, account)
        if not await self._accounts.reset(token_hash, password_hash, self._clock.now(), self._told(account)):
            raise link_used_up()
        await self._revocations.announce(account.id)

    async def _accepted(self, password: str, account: Account) -> str:
        password = normalised(password)
        code = weakness(password, name=account.name, email=account.email, common=self._common)
        if code is not None:
            raise weak_password(code)
        return await self._hasher.hashed(password)

    def _told(self, account: Account) -> Notice:
        return self._templates.write(Occasion.PASSWORD_CHANGED, to=account.email, language=account.language)
