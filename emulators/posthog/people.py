"""PostHog's events and persons, and the slow deletion of both."""

import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from emulators.clock import Clock, stamp
from emulators.posthog import capture

EVENTS_KEPT = 20_000
PERSONS_KEPT = 20_000
DELETION_SECONDS = 1.0
NAMESPACE = uuid.UUID("5a1b3c0e-7f9f-4a63-9d0c-3c1d0b8c2a11")


@dataclass(slots=True)
class Event:
    distinct_id: str
    timestamp: datetime
    content: dict[str, Any]


@dataclass(slots=True)
class Person:
    uuid: str
    distinct_id: str
    created_at: str
    properties: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.uuid,
            "uuid": self.uuid,
            "name": self.distinct_id,
            "distinct_ids": [self.distinct_id],
            "properties": self.properties,
            "created_at": self.created_at,
        }


@dataclass(slots=True)
class Deletion:
    person_uuid: str
    distinct_id: str
    asked_at: datetime
    due_at: datetime
    events_too: bool
    verified_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "person_uuid": self.person_uuid,
            "status": "pending" if self.verified_at is None else "completed",
            "created_at": stamp(self.asked_at),
            "delete_verified_at": None if self.verified_at is None else stamp(self.verified_at),
        }


class People:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self._persons: dict[str, Person] = {}
        self._deletions: deque[Deletion] = deque(maxlen=PERSONS_KEPT)
        self.deletion_seconds = DELETION_SECONDS

    def capture(self, contents: list[dict[str, Any]]) -> None:
        known = {event.content.get("uuid") for event in self._events} - {None}
        for content in contents:
            if content.get("uuid") in known:
                continue
            known.add(content.get("uuid"))
            distinct_id = capture.distinct_id(content) or ""
            self._events.append(Event(distinct_id, self._timestamp(content), content))
            if (content.get("properties") or {}).get("$process_person_profile") is not False:
                self._meet(distinct_id, content)

    def _timestamp(self, content: dict[str, Any]) -> datetime:
        now = self._clock.now()
        given = content.get("timestamp")
        if given is None:
            return now
        moment = datetime.fromisoformat(str(given))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def _meet(self, distinct_id: str, content: dict[str, Any]) -> None:
        if distinct_id not in self._persons:
            while len(self._persons) >= PERSONS_KEPT:
                self._persons.pop(next(iter(self._persons)))
            # A fresh uuid each time: a deleted person never comes back as the same one.
            made = uuid.uuid5(NAMESPACE, f"{distinct_id}/{len(self._deletions)}")
            self._persons[distinct_id] = Person(str(made), distinct_id, stamp(self._clock.now()))
        properties = content.get("properties") or {}
        for kind in ("$set_once", "$set"):
            self._persons[distinct_id].properties.update(properties.get(kind) or content.get(kind) or {})

    def find(self, distinct_ids: list[str], uuids: list[str]) -> list[Person]:
        return [
            person for person in self._persons.values() if person.distinct_id in distinct_ids or person.uuid in uuids
        ]

    def delete(self, persons: list[Person], *, events_too: bool, keep_person: bool) -> int:
        """Persons go at once, their events later; gives the number of events queued."""
        now = self._clock.now()
        due = now + timedelta(seconds=self.deletion_seconds)
        for person in persons:
            self._deletions.append(Deletion(person.uuid, person.distinct_id, now, due, events_too))
            if not keep_person:
                del self._persons[person.distinct_id]
        gone = {person.distinct_id for person in persons} if events_too else set()
        return sum(event.distinct_id in gone for event in self._events)

    def settle(self) -> None:
        """Carries out the deletions that are due: only events up to the moment of asking go."""
        now = self._clock.now()
        for deletion in self._deletions:
            if deletion.verified_at is None and deletion.due_at <= now:
                deletion.verified_at = now
                if deletion.events_too:
                    self._forget(deletion)

    def _forget(self, deletion: Deletion) -> None:
        kept = (
            event
            for event in self._events
            if event.distinct_id != deletion.distinct_id or event.timestamp > deletion.asked_at
        )
        self._events = deque(kept, maxlen=EVENTS_KEPT)

    def deletions(self) -> list[Deletion]:
        self.settle()
        return list(self._deletions)

    def persons(self) -> list[Person]:
        return list(self._persons.values())

    def events(self) -> list[dict[str, Any]]:
        self.settle()
        return [event.content for event in self._events]

    def clear(self) -> None:
        self._events.clear()
        self._persons.clear()
        self._deletions.clear()
        self.deletion_seconds = DELETION_SECONDS
