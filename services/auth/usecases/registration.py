"""Register and confirm the address. A caller never learns whether an address is known, by answer or by time."""

from contracts.errors import Refusal
from contracts.identifiers import new_id, new_secret
from services.auth.domain.accounts import Account, Registration, Status
from services.auth.domain.letters import LetterTemplates, Occasion
from services.auth.domain.secrets import hash_of
from services.auth.domain.throttle import MailAllowance
from services.auth.ports import Accounts, Clock
from services.auth.usecases.new_passwords import NewPasswords
from services.auth.usecases.refusals import link_used_up

FIRST_ROLE = "user"


class Registering:
    """A registration waits in its own place; only the confirmed address makes an account of it.

    So nobody can prepare an account for someone else: what a stranger typed in never touches what its owner
    registers, and without the owner's click on that very letter it is gone after a day.
    """

    def __init__(
        self,
        accounts: Accounts,
        new_passwords: NewPasswords,
        templates: LetterTemplates,
        mail: MailAllowance,
        clock: Clock,
        *,
        first_tier: str,
    ) -> None:
        self._accounts = accounts
        self._new_passwords = new_passwords
        self._templates = templates
        self._mail = mail
        self._clock = clock
        self._first_tier = first_tier

    async def register(self, email: str, password: str, name: str, language: str) -> None:
        """Hash and write as much for a known address as for an unknown one; its owner reads the rest in a letter.

        An address that has been sent its letters for the hour gets none, and nothing is hashed or kept either.

        Raises:
            Refusal: with the rule that the password breaks; `busy`.
        """
        self._new_passwords.refuse_weak(password, name=name, email=email)
        if not self._mail.take(email, self._clock.now()):
            return
        try:
            password_hash = await self._new_passwords.hashed(password, name=name, email=email)
        except Refusal:
            self._mail.give_back(email)
            raise
        secret = new_secret()
        registration = Registration(
            token_hash=hash_of(secret),
            email=email,
            name=name,
            password_hash=password_hash,
            language=language,
            created_at=self._clock.now(),
        )
        unknown = self._templates.write(Occasion.CONFIRM_ADDRESS, to=email, language=language, secret=secret)
        known = self._templates.write(Occasion.KNOWN_ADDRESS, to=email, language=language)
        await self._accounts.register(registration, unknown, known)

    async def confirm(self, token: str) -> None:
        """Make the account.

        Raises:
            Refusal: `link-used-up`.
        """
        account = Account(
            id=new_id(), email="", name="", role=FIRST_ROLE, tier=self._first_tier, language="", status=Status.ACTIVE
        )
        if not await self._accounts.confirm(hash_of(token), account, self._clock.now()):
            raise link_used_up()
