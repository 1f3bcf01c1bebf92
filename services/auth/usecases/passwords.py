"""Change a password while signed in, or set a new one by a mailed link."""

from contracts.identifiers import new_secret
from services.auth.domain.accounts import Account
from services.auth.domain.letters import LetterTemplates, Notice, Occasion
from services.auth.domain.secrets import hash_of
from services.auth.domain.sessions import Session
from services.auth.domain.throttle import MailAllowance
from services.auth.ports import Accounts, Clock, Revocations
from services.auth.usecases.attempts import Attempts
from services.auth.usecases.new_passwords import NewPasswords
from services.auth.usecases.refusals import link_used_up, not_signed_in
from services.auth.usecases.verification import PasswordVerification


class Passwords:
    """Every change ends the other sessions and is told to the account's address."""

    def __init__(
        self,
        accounts: Accounts,
        verification: PasswordVerification,
        new_passwords: NewPasswords,
        attempts: Attempts,
        templates: LetterTemplates,
        mail: MailAllowance,
        revocations: Revocations,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._verification = verification
        self._new_passwords = new_passwords
        self._attempts = attempts
        self._templates = templates
        self._mail = mail
        self._revocations = revocations
        self._clock = clock

    async def change(self, account_id: str, current: str, password: str) -> str:
        """Set a new password; returns the secret of the one session that is left.

        Raises:
            Refusal: `login-failed` for a wrong current password; the rule that the new one breaks; `no-session` if
                the password was reset or the account blocked meanwhile; `too-many-guesses`; `busy`.
        """
        verified = await self._verification.by_account(account_id, current)
        account = verified.account
        password_hash = await self._new_passwords.hashed(password, name=account.name, email=account.email)
        now = self._clock.now()
        session, secret = Session.begin(account_id, now)
        letter = self._changed(account)
        if not await self._accounts.change_password(verified, password_hash, session, now, letter):
            raise not_signed_in()
        await self._revocations.announce(account_id)
        return secret

    async def forget(self, email: str, language: str) -> None:
        """Mail a reset link; for an address without an account as much is written, and nothing is sent.

        An address that has been sent its letters for the hour gets none, and no link either.
        """
        now = self._clock.now()
        if not self._mail.take(email, now):
            return
        secret = new_secret()
        letter = self._templates.write(Occasion.RESET_PASSWORD, to=email, language=language, secret=secret)
        await self._accounts.offer_reset(hash_of(secret), email, now, letter)

    async def reset(self, token: str, password: str) -> None:
        """Use a reset link; the person then logs in with the new password.

        Raises:
            Refusal: `link-used-up`; the rule that the password breaks; `too-many-guesses`, since one link is used
                by one browser; `busy`.
        """
        token_hash = hash_of(token)
        async with self._attempts.one(token_hash) as attempt:
            account = await self._accounts.account_of_reset(token_hash, self._clock.now())
            if account is None:
                raise link_used_up()
            password_hash = await self._new_passwords.hashed(password, name=account.name, email=account.email)
            if not await self._accounts.reset(token_hash, password_hash, self._clock.now(), self._changed(account)):
                attempt.failed()
                raise link_used_up()
            attempt.succeeded()
        await self._revocations.announce(account.id)

    def _changed(self, account: Account) -> Notice:
        return self._templates.write(Occasion.PASSWORD_CHANGED, to=account.email, language=account.language)
