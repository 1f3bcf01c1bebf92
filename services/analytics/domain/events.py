"""The events that a page may report: names and values from a list, so that nothing else can be in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

Values = Mapping[str, frozenset[str]]
"""The values that each property of an event may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event under a pseudonym. `visitor_id` never leaves this process; `uuid` makes a repetition harmless."""

    visitor_id: str
    distinct_id: str
    name: str
    properties: Mapping[str, str]
    at: datetime
    uuid: str


class AllowList:
    """Which events there are, and which values their properties may have."""

    def __init__(self, events: Mapping[str, Values]) -> None:
        self._events = events

    @property
    def properties(self) -> frozenset[str]:
        """The name of every property of any event."""
        return frozenset(name for values in self._events.values() for name in values)

    def permitted(self, name: str, properties: Mapping[str, str]) -> dict[str, str] | None:
        """The properties that may be told; None if the event itself is not on the list."""
        values = self._events.get(name)
        if values is None:
            return None
        return {key: value for key, value in properties.items() if value in values.get(key, frozenset())}
