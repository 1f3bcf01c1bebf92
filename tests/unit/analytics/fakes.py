"""The ports of analytics, kept in memory; tests/integration/analytics/test_ports.py proves them like the real ones."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from services.analytics.domain.counters import UsageCount
from services.analytics.domain.deletions import LEASE, Deletion
from services.analytics.domain.events import Event
from services.analytics.ports import RecipientUnavailable
from tests.support.clock import START


def a_deletion(distinct_id: str, now: datetime = START) -> Deletion:
    """One that nothing was done about yet."""
    return Deletion(distinct_id=distinct_id, persons=(), created_at=now, asked_at=None, verified_at=None, attempts=0)


@dataclass
class FakeDeletions:
    """By pseudonym: the deletion, and when it is due."""

    kept: dict[str, tuple[Deletion, datetime]] = field(default_factory=dict)

    async def take(self, now: datetime) -> Deletion | datetime | None:
        due = [(deletion.attempts, due_at, key) for key, (deletion, due_at) in self.kept.items() if due_at <= now]
        if not due:
            return min((due_at for _, due_at in self.kept.values()), default=None)
        deletion, _ = self.kept[min(due)[-1]]
        taken = replace(deletion, attempts=deletion.attempts + 1)
        self.kept[taken.distinct_id] = taken, now + LEASE
        return taken

    async def keep(self, deletion: Deletion, due_at: datetime, reason: str | None = None) -> None:
        if deletion.distinct_id in self.kept:
            self.kept[deletion.distinct_id] = deletion, due_at

    async def forget(self, distinct_id: str) -> None:
        self.kept.pop(distinct_id, None)


@dataclass
class FakeIdentities:
    """By visitor: the pseudonym, and when it was made. What is withdrawn becomes a deletion."""

    deletions: FakeDeletions = field(default_factory=FakeDeletions)
    pseudonyms: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    made: int = 0
    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def pseudonym_of(self, visitor_id: str, now: datetime) -> str:
        if self.meanwhile is not None:
            await self.meanwhile()
        if visitor_id not in self.pseudonyms:
            self.pseudonyms[visitor_id] = f"pseudonym-{self.made}-{visitor_id}", now
            self.made += 1
        return self.pseudonyms[visitor_id][0]

    async def withdraw(self, visitor_ids: Sequence[str], now: datetime) -> None:
        gone = [self.pseudonyms.pop(one)[0] for one in visitor_ids if one in self.pseudonyms]
        self.deletions.kept.update({one: (a_deletion(one, now), now) for one in gone})

    async def made_before(self, moment: datetime, limit: int) -> Sequence[str]:
        old = sorted((at, visitor) for visitor, (_, at) in self.pseudonyms.items() if at < moment)
        return [visitor for _, visitor in old[:limit]]

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
    """What was written, write by write; `totals` is what stands there then."""

    written: list[UsageCount] = field(default_factory=list)
    down: bool = False

    async def write(self, counts: Sequence[UsageCount]) -> None:
        if self.down:
            raise OSError("down")
        self.written.extend(counts)

    async def totals(self) -> dict[tuple[datetime, str, str], int]:
        """How often, by window, tool and outcome."""
        found: Counter[tuple[datetime, str, str]] = Counter()
        for one in self.written:
            found[one.window_start, one.tool, one.outcome] += one.count
        return dict(found)
