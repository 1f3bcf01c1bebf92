"""A new password: looked at first, hashed only if it is good enough."""

from collections.abc import Set as AbstractSet

from services.auth.domain.passwords import normalised, weakness
from services.auth.ports import PasswordHasher
from services.auth.usecases.refusals import weak_password


class NewPasswords:
    """The rules of `domain.passwords`, with the list of widely known passwords."""

    def __init__(self, hasher: PasswordHasher, common_passwords: AbstractSet[str]) -> None:
        self._hasher = hasher
        self._common = frozenset(common_passwords)

    def refuse_weak(self, password: str, *, name: str, email: str) -> None:
        """Look at a password for somebody of this name and address.

        Raises:
            Refusal: with the rule that it breaks.
        """
        code = weakness(normalised(password), name=name, email=email, common=self._common)
        if code is not None:
            raise weak_password(code)

    async def hashed(self, password: str, *, name: str, email: str) -> str:
        """Hash a password for somebody of this name and address.

        Raises:
            Refusal: with the rule that it breaks; `busy`.
        """
        self.refuse_weak(password, name=name, email=email)
        return await self._hasher.hashed(normalised(password))
