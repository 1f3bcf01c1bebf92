"""The limits per day by tier and tool, from the table of tiers."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import orjson

DAY = timedelta(days=1)

Limits = Mapping[str, Mapping[str, int]]


class QuotaPolicyRefused(Exception):
    """The table of tiers cannot be carried out; the message names the tier and the tool."""


def read_limits(tiers: Path) -> tuple[Limits, str]:
    """The limits per day by tier and tool, and the tier that an account begins in.

    Raises:
        QuotaPolicyRefused: a window is not a day.
    """
    table = orjson.loads(tiers.read_bytes())
    for name, tier in table["tiers"].items():
        for quota in tier["quotas"]:
            if quota["window_seconds"] != DAY.total_seconds():
                raise QuotaPolicyRefused(f"tier {name}, {quota['tool']}: quotas are counted by the day")
    limits = {
        name: {quota["tool"]: int(quota["limit"]) for quota in tier["quotas"]} for name, tier in table["tiers"].items()
    }
    return limits, table["initial"]
