"""A page's event on its way to PostHog, and the withdrawal that stops it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import uuid4

from services.analytics.domain.deletions import IDENTITY_RENEWED_AFTER
from services.analytics.domain.events import AllowList, Event
from services.analytics.ports import Clock, Identities, Statistics

# An event that was under way when consent was withdrawn arrives within a call's deadline.
UNDERWAY_MAX = timedelta(seconds=30)
WITHDRAWN_MAX = 10_000
RENEWED_MAX = 100


class Reporting:
    """Sends what is on the list, under a pseudonym that lasts as long as the consent."""

    def __init__(self, allowed: AllowList, identities: Identities, statistics: Statistics, clock: Clock) -> None:
        self._allowed = allowed
        self._identities = identities
        self._statistics = statistics
        self._clock = clock
        self._withdrawn: dict[str, datetime] = {}

    async def report(self, visitor_id: str, name: str, properties: Mapping[str, str]) -> None:
        """Pass on what may be passed on. The gateway has seen to it that there is consent."""
        permitted = self._allowed.permitted(name, properties)
        if permitted is None or self._has_just_withdrawn(visitor_id):
            return
        now = self._clock.now()
        distinct_id = await self._identities.pseudonym_of(visitor_id, now)
        if distinct_id is None:
            return
        if self._has_just_withdrawn(visitor_id):  # while we looked: its pseudonym goes as well
            await self._identities.withdraw([visitor_id], now)
            return
        event = Event(
            visitor_id=visitor_id,
            distinct_id=distinct_id,
            name=name,
            properties=permitted,
            at=now,
            uuid=str(uuid4()),
        )
        self._statistics.record(event)

    async def withdraw(self, visitor_id: str) -> None:
        """Stop at once: nothing more is sent, and what was sent is deleted."""
        self.stop(visitor_id)
        await self._identities.withdraw([visitor_id], self._clock.now())

    def stop(self, visitor_id: str) -> None:
        """Send nothing more of this visitor, not even what is waiting or under way."""
        self._remember(visitor_id)
        self._statistics.purge(visitor_id)

    def consent_again(self, visitor_id: str) -> None:
        """A new consent begins, under a new pseudonym."""
        self._withdrawn.pop(visitor_id, None)

    async def renew(self) -> datetime | None:
        """Have some pseudonyms deleted that are older than a year; their visitors get new ones.

        Returns when the next one will be that old, a time that is past if one is already; None if there is none.
        """
        now = self._clock.now()
        old = await self._identities.made_before(now - IDENTITY_RENEWED_AFTER, RENEWED_MAX)
        if old:
            await self._identities.withdraw(old, now)
        oldest = await self._identities.first_made()
        return None if oldest is None else oldest + IDENTITY_RENEWED_AFTER

    def _remember(self, visitor_id: str) -> None:
        while len(self._withdrawn) >= WITHDRAWN_MAX:
            del self._withdrawn[next(iter(self._withdrawn))]
        self._withdrawn[visitor_id] = self._clock.now()

    def _has_just_withdrawn(self, visitor_id: str) -> bool:
        at = self._withdrawn.get(visitor_id)
        return at is not None and self._clock.now() - at < UNDERWAY_MAX
