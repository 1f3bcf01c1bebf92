"""Sessions and consents as their owners state them, cached for seconds and dropped when they change.

The owners tell every gateway of a change before they answer whoever made it; a gateway that loses the bus
forgets everything, since it may miss such a word. Equal questions under way are asked once, and what is asked for
often is asked again in the background before it expires.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from chassis.bus import Bus
from chassis.tasks import end_all
from contracts.auth import AUTHENTICATE, Authenticate, Session, SessionsRevoked
from contracts.consent import GRANTED, ConsentChanged, GrantedRequest, Purpose
from contracts.errors import ErrorKind, Refusal
from contracts.fields import SECRET_MAX

CACHE_SECONDS, REFRESH_SECONDS = 5.0, 4.0
CACHE_ENTRIES_MAX = 10_000
ASKED_TIMES_MAX = 5

Value = TypeVar("Value")
Key = tuple[str, ...]
IsStale = Callable[[Key, Value], bool]


@dataclass(slots=True)
class _Entry(Generic[Value]):
    """An answer, and the loop's time from which it is asked for again and from which it holds no longer."""

    value: Value
    refresh_at: float
    expires_at: float


@dataclass(eq=False, slots=True)
class _Asking(Generic[Value]):
    """A question under way, who waits for it, and what changed meanwhile."""

    task: "asyncio.Task[Value]"
    changes: list[IsStale[Value]] = field(default_factory=list)


class OwnerCache(Generic[Value]):
    """A bounded memory of answers; one that a change has overtaken on its way is asked for again."""

    def __init__(self) -> None:
        self._entries: OrderedDict[Key, _Entry[Value]] = OrderedDict()
        self._asking: dict[Key, _Asking[Value]] = {}

    def known(self, key: Key) -> bool:
        """Whether the answer is there."""
        entry = self._entries.get(key)
        return entry is not None and entry.expires_at > asyncio.get_running_loop().time()

    async def get(self, key: Key, ask: Callable[[], Awaitable[Value]]) -> Value:
        """The answer from memory, or from the owner.

        Raises:
            Refusal: the owner cannot be asked, or its answer changes faster than it can be.
        """
        now = asyncio.get_running_loop().time()
        entry = self._entries.get(key)
        if entry is None or entry.expires_at <= now:
            # Shielded: who leaves does not take the answer from the others that wait for it.
            return await asyncio.shield(self._ask(key, ask).task)
        if entry.refresh_at <= now:
            self._ask(key, ask)
        return entry.value

    def drop(self, stale: IsStale[Value]) -> None:
        """Forget the answers that a change makes stale, those under way as well."""
        for asking in self._asking.values():
            asking.changes.append(stale)
        for key in [key for key, entry in self._entries.items() if stale(key, entry.value)]:
            del self._entries[key]

    def forget(self) -> None:
        """Forget everything."""
        self.drop(lambda _key, _value: True)

    async def close(self) -> None:
        """Ask no more."""
        await end_all(asking.task for asking in self._asking.values())

    def _ask(self, key: Key, ask: Callable[[], Awaitable[Value]]) -> _Asking[Value]:
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = _Asking(asyncio.create_task(self._answer(key, ask)))
            asking.task.add_done_callback(lambda task: self._asked(key, task))
        return asking

    def _asked(self, key: Key, task: "asyncio.Task[Value]") -> None:
        del self._asking[key]
        if not task.cancelled():
            task.exception()  # seen: of a question in the background, nobody else looks

    async def _answer(self, key: Key, ask: Callable[[], Awaitable[Value]]) -> Value:
        changes = self._asking[key].changes
        for _ in range(ASKED_TIMES_MAX):
            changes.clear()
            asked_at = asyncio.get_running_loop().time()
            value = await ask()
            if not any(stale(key, value) for stale in changes):
                self._keep(key, _Entry(value, asked_at + REFRESH_SECONDS, asked_at + CACHE_SECONDS))
                return value
        raise Refusal(ErrorKind.UNAVAILABLE, "changing", retry_after_seconds=1)

    def _keep(self, key: Key, entry: _Entry[Value]) -> None:
        self._entries[key] = entry
        while len(self._entries) > CACHE_ENTRIES_MAX:
            self._entries.popitem(last=False)


class BusSessions:
    """Sessions, asked of auth."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._cache: OwnerCache[Session | None] = OwnerCache()
        bus.on_lost.append(self._cache.forget)
        self.close = self._cache.close
        self.revocations = 0
        """How often sessions were revoked: what was answered before the last one may not hold any more."""

    async def of(self, cookie: str, before_asking: Callable[[], None] | None = None) -> Session | None:
        """The live session behind a cookie; `before_asking` is called where auth must be asked, and may refuse.

        Raises:
            Refusal: auth cannot be asked, or `before_asking` refused.
        """
        if not 0 < len(cookie) <= SECRET_MAX:
            return None
        # Not the cookie itself: a dump of memory shows none that is not being used.
        key = (hashlib.sha256(cookie.encode()).hexdigest(),)
        if before_asking is not None and not self._cache.known(key):
            before_asking()
        return await self._cache.get(key, lambda: self._ask(cookie))

    async def _ask(self, cookie: str) -> Session | None:
        try:
            return await self._bus.call(AUTHENTICATE, Authenticate(secret=cookie))
        except Refusal as refusal:
            if refusal.kind in {ErrorKind.UNAUTHENTICATED, ErrorKind.INVALID}:
                return None
            raise

    def revoked(self, message: SessionsRevoked) -> None:
        """Forget the sessions that were revoked."""
        self.revocations += 1

        def stale(_: Key, session: Session | None) -> bool:
            if session is None or session.account_id != message.account_id:
                return False
            return not message.session_ids or session.session_id in message.session_ids

        self._cache.drop(stale)


class BusConsents:
    """Consents, asked of the consent service."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._cache: OwnerCache[frozenset[Purpose]] = OwnerCache()
        bus.on_lost.append(self._cache.forget)
        self.close = self._cache.close

    async def granted(self, account_id: str | None, visitor_id: str | None) -> frozenset[Purpose]:
        """The purposes that are consented to now.

        Raises:
            Refusal: the consent service cannot be asked.
        """
        if account_id is None and visitor_id is None:
            return frozenset()
        key = (account_id or "", visitor_id or "")
        return await self._cache.get(key, lambda: self._ask(account_id, visitor_id))

    async def _ask(self, account_id: str | None, visitor_id: str | None) -> frozenset[Purpose]:
        reply = await self._bus.call(GRANTED, GrantedRequest(account_id=account_id, visitor_id=visitor_id))
        return frozenset(reply.purposes)

    def changed(self, message: ConsentChanged) -> None:
        """Forget what was known of whoever changed their mind."""
        ids = {message.account_id, message.visitor_id} - {None}
        self._cache.drop(lambda key, _: not ids.isdisjoint(key))
