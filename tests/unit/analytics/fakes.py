"""The ports of analytics, kept in memory."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from services.analytics.domain.counters import UsageCount
from services.analytics.domain.deletions import Deletion
from services.analytics.domain.events import Event
from services.analytics.ports import RecipientUnavailable


@dataclass
class FakeIdentities:
    pseudonyms: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def pseudonym_of(self, visitor_id: str, now: datetime) -> str:
        if self.meanwhile is not None:
            await self.meanwhile()
        made = f"pseudonym-{len(self.withdrawn)}-{visitor_id}"
        return self.pseudonyms.setdefault(visitor_id, (made, now))[0]

    async def withdraw(self, visitor_ids: Sequence[str], now: datetime) -> None:
        gone = [self.pseudonyms.pop(one)[0] for one in visitor_ids if one in self.pseudonyms]
        self.withdrawn.extend(gone)

    async def made_before(self, moment: datetime, limit: int) -> Sequence[str]:
        return [visitor for visitor, (_, at) in self.pseudonyms.items() if at < moment][:limit]

    async def first_made(self) -> datetime | None:
        return min((at for _, at in self.pseudonyms.values()), default=None)

    async def visitors_after(self, visitor_id: str, limit: int) -> Sequence[str]:
        return sorted(visitor for visitor in self.pseudonyms if visitor > visitor_id)[:limit]


@dataclass
class FakeConsents:
    given: set[str]

    async def granted(self, visitor_id: str) -> bool:
        return visitor_id in self.given


@dataclass
class FakeStatistics:
    events: list[Event] = field(default_factory=list)

    def record(self, event: Event) -> None:
        self.events.append(event)

    def purge(self, visitor_id: str) -> None:
        self.events = [event for event in self.events if event.visitor_id != visitor_id]


@dataclass
class FakeDeletions:
    kept: dict[str, tuple[Deletion, datetime]] = field(default_factory=dict)

    async def take(self, now: datetime) -> Deletion | datetime | None:
        due = [deletion for deletion, due_at in self.kept.values() if due_at <= now]
        if not due:
            return min((due_at for _, due_at in self.kept.values()), default=None)
        return replace(due[0], attempts=due[0].attempts + 1)

    async def keep(self, deletion: Deletion, due_at: datetime, reason: str | None = None) -> None:
        self.kept[deletion.distinct_id] = (deletion, due_at)

    async def forget(self, distinct_id: str) -> None:
        del self.kept[distinct_id]


@dataclass
class FakePersons:
    present: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    verified: bool = False
    down: bool = False

    async def find(self, distinct_id: str) -> Sequence[Mapping[str, Any]]:
        if self.down:
            raise RecipientUnavailable("no-answer")
        return [{"uuid": f"person-{distinct_id}"}] if distinct_id in self.present else []

    async def erase(self, distinct_id: str) -> None:
        self.asked.append(distinct_id)
        self.present.discard(distinct_id)

    async def erased(self, person: str) -> bool:
        return self.verified


@dataclass
class FakeCounts:
    written: list[UsageCount] = field(default_factory=list)
    down: bool = False

    async def write(self, counts: Sequence[UsageCount]) -> None:
        if self.down:
            raise OSError("down")
        self.written.extend(counts)
