"""Register and confirm the address. A caller never learns whether an address is known, by answer or by time."""

from collections.abc import Set as AbstractSet

from contracts.identifiers import new_id, new_secret
from services.auth.domain.accounts import Account, Registration, Status
from services.auth.domain.letters import LetterTemplates, Occasion
from services.auth.domain.passwords import normalised, weakness
from services.auth.domain.secrets import hash_of
from services.auth.domain.throttle import MailAllowance
from services.auth.ports import Accounts, Clock, PasswordHasher
from services.auth.usecases.refusals import link_used_up, weak_password

FIRST_ROLE = "user"


class Registering:
    """A registration waits in its own place; only the confirmed address makes an account of it.

    So nobody can prepare an account for someone else: what a stranger typed in never touches what its owner
    registers, and without the owner's click on that very letter it is gone after a day.
    """

    def __init__(
        self,
        accounts: Accounts,
        hasher: PasswordHasher,
        templates: LetterTemplates,
        mail: MailAllowance,
        clock: Clock,
        *,
        common_passwords: AbstractSet[str],
        first_tier: str,
    ) -> None:
        self._accounts = accounts
        self._hasher = hasher
        self._templates = templates
        self._mail = mail
        self._clock = clock
        self._common = frozenset(common_passwords)
        self._first_tier = first_tier

    async def register(self, email: str, password: str, name: str, language: str) -> None:
        """Hash in any case and write once in any case; who owns the address reads the rest in a letter."""
        password = normalised(password)
        code = weakness(password, name=name, email=email, common=self._common)
        if code is not None:
            raise weak_password(code)
        password_hash = await self._hasher.hashed(password)
        now = self._clock.now()
        may_write = self._mail.take(email, now)
        known = await self._accounts.credential_of_email(email)
        secret = new_secret()
        registration = Registration(
            token_hash=hash_of(secret),
            # A known address needs no registration: an empty one costs the same and expires like the others.
            email=email if known is None and may_write else "",
            name=name if known is None and may_write else "",
            password_hash=password_hash if known is None and may_write else "",
            language=language,
            created_at=now,
        )
        occasion = Occasion.CONFIRM_ADDRESS if known is None else Occasion.KNOWN_ADDRESS
        letter = self._templates.write(occasion, to=email, language=language, secret=secret)
        await self._accounts.register(registration, letter if may_write else None)

    async def confirm(self, token: str) -> None:
        """Make the account."""
        account = Account(
            id=new_id(), email="", name="", role=FIRST_ROLE, tier=self._first_tier, language="", status=Status.ACTIVE
        )
        if not await self._accounts.confirm(hash_of(token), account, self._clock.now()):
            raise link_used_up()
