"""Argon2id in a small pool of threads with a bounded queue, so that a flood of logins cannot starve the rest."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from contracts.errors import ErrorKind, Refusal

MEMORY_KIB, PASSES, LANES = 19456, 2, 1
THREADS = 2
# At work or waiting. Sixty registrations and sixty logins at once, as a school behind one address may send them, wait
# their turn.
ASKED_MAX = 128

Result = TypeVar("Result")


class Argon2Hasher:
    """The first of OWASP's recommended parameters (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._argon2 = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=LANES)
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="argon2")
        self._asked = 0
        # Compared with where there is no account, so that the answer takes as long.
        self._nobody = self._argon2.hash("nobody has this password")

    async def hashed(self, password: str) -> str:
        """Hash, with a salt of its own.

        Raises:
            Refusal: `busy`, since `ASKED_MAX` are at work or waiting.
        """
        return await self._in_pool(lambda: self._argon2.hash(password))

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Compare; without a hash it works as long and says no.

        Raises:
            Refusal: `busy`, since `ASKED_MAX` are at work or waiting.
        """
        return await self._in_pool(lambda: self._verified(password_hash or self._nobody, password)) and bool(
            password_hash
        )

    def is_outdated(self, password_hash: str) -> bool:
        """Whether it was made with other parameters than today's."""
        return self._argon2.check_needs_rehash(password_hash)

    async def close(self) -> None:
        """Let the threads go; what waits is cancelled."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verified(self, password_hash: str, password: str) -> bool:
        try:
            return self._argon2.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _in_pool(self, work: Callable[[], Result]) -> Result:
        if self._asked >= ASKED_MAX:
            raise Refusal(ErrorKind.UNAVAILABLE, "busy", retry_after_seconds=2)
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._asked -= 1
