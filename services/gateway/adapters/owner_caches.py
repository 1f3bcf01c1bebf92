"""Sessions and consents as their owners state them, cached for seconds and dropped when they change.

The owners tell every gateway of a change before they answer whoever made it; a gateway that loses the bus
forgets everything, since it may miss such a word.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from chassis.bus import Bus
from contracts.auth import AUTHENTICATE, Authenticate, Session, SessionsRevoked
from contracts.consent import GRANTED, ConsentChanged, Granted, GrantedRequest, Purpose
from contracts.errors import ErrorKind, Refusal
from contracts.fields import SECRET_MAX

CACHE_SECONDS = 5.0
CACHE_ENTRIES_MAX = 10_000
ASKED_TIMES_MAX = 5

Value = TypeVar("Value")


@dataclass(eq=False)
class _Asking(Generic[Value]):
    """A question under way, and what changed meanwhile."""

    changes: list[Callable[[str, Value], bool]] = field(default_factory=list)


@dataclass
class _Cache(Generic[Value]):
    """A bounded memory of answers; one that a change has overtaken on its way is asked for again."""

    entries: OrderedDict[str, tuple[float, Value]] = field(default_factory=OrderedDict)
    asking: set["_Asking[Value]"] = field(default_factory=set)

    async def get(self, key: str, ask: Callable[[], Awaitable[Value]]) -> Value:
        now = asyncio.get_running_loop().time()
        entry = self.entries.get(key)
        if entry is not None and entry[0] > now:
            return entry[1]
        for _ in range(ASKED_TIMES_MAX):
            value, is_current = await self._asked(key, ask)
            if is_current:
                self.entries[key] = (now + CACHE_SECONDS, value)
                while len(self.entries) > CACHE_ENTRIES_MAX:
                    self.entries.popitem(last=False)
                return value
        raise Refusal(ErrorKind.UNAVAILABLE, "changing", retry_after_seconds=1)

    async def _asked(self, key: str, ask: Callable[[], Awaitable[Value]]) -> tuple[Value, bool]:
        """The answer, and whether no change that came meanwhile concerns it."""
        asking = _Asking[Value]()
        self.asking.add(asking)
        try:
            value = await ask()
        finally:
            self.asking.discard(asking)
        return value, not any(stale(key, value) for stale in asking.changes)

    def drop(self, stale: Callable[[str, Value], bool]) -> None:
        for asking in self.asking:
            asking.changes.append(stale)
        for key in [key for key, (_, value) in self.entries.items() if stale(key, value)]:
            del self.entries[key]

    def forget(self) -> None:
        self.drop(lambda _key, _value: True)


class BusSessions:
    """Sessions, asked of auth."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._cache: _Cache[Session | None] = _Cache()
        bus.on_lost.append(self._cache.forget)

    async def of(self, cookie: str) -> Session | None:
        """The live session behind a cookie.

        Raises:
            Refusal: auth cannot be asked.
        """
        if not cookie or len(cookie) > SECRET_MAX:
            return None
        key = hashlib.sha256(cookie.encode()).hexdigest()
        return await self._cache.get(key, lambda: self._ask(cookie))

    async def _ask(self, cookie: str) -> Session | None:
        try:
            reply = await self._bus.call(AUTHENTICATE, Authenticate(secret=cookie))
        except Refusal as refusal:
            if refusal.kind in {ErrorKind.UNAUTHENTICATED, ErrorKind.INVALID}:
                return None
            raise
        return Session.model_validate(reply.model_dump())

    def revoked(self, message: SessionsRevoked) -> None:
        """Forget the sessions that were revoked."""

        def stale(_: str, session: Session | None) -> bool:
            if session is None or session.account_id != message.account_id:
                return False
            return not message.session_ids or session.session_id in message.session_ids

        self._cache.drop(stale)


class BusConsents:
    """Consents, asked of the consent service."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._cache: _Cache[frozenset[Purpose]] = _Cache()
        bus.on_lost.append(self._cache.forget)

    async def granted(self, account_id: str | None, visitor_id: str | None) -> frozenset[Purpose]:
        """The purposes that are consented to now.

        Raises:
            Refusal: the consent service cannot be asked.
        """
        if account_id is None and visitor_id is None:
            return frozenset()
        key = f"{account_id or ''} {visitor_id or ''}"
        return await self._cache.get(key, lambda: self._ask(account_id, visitor_id))

    async def _ask(self, account_id: str | None, visitor_id: str | None) -> frozenset[Purpose]:
        reply = await self._bus.call(GRANTED, GrantedRequest(account_id=account_id, visitor_id=visitor_id))
        return frozenset(Granted.model_validate(reply.model_dump()).purposes)

    def changed(self, message: ConsentChanged) -> None:
        """Forget what was known of whoever changed their mind."""
        ids = {message.account_id, message.visitor_id} - {None}
        self._cache.drop(lambda key, _: bool(ids & set(key.split(" "))))
