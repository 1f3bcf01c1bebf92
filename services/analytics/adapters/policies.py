"""Reads `policies/analytics.json`: events, properties and values that may be sent to PostHog."""

from pathlib import Path

import orjson

from services.analytics.domain.events import AllowList


def read_allow_list(policies: Path) -> AllowList:
    """Every event with the values that its properties may have."""
    events = orjson.loads((policies / "analytics.json").read_bytes())["events"]
    return AllowList(
        {name: {key: frozenset(values) for key, values in properties.items()} for name, properties in events.items()}
    )
