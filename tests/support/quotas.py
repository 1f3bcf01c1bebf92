"""Moves a day's counters close to their limit, so that a test need not use a tool a thousand times."""

import json
import sqlite3
from pathlib import Path

TIERS = Path("policies/tiers.json")


def limit_of(tool: str, tier: str = "free") -> int:
    quotas = json.loads(TIERS.read_text())["tiers"][tier]["quotas"]
    return int(next(quota["limit"] for quota in quotas if quota["tool"] == tool))


def use_up_the_day(database: Path, quota_key: str, tool: str, but: int = 0) -> None:
    """Let one person's counter stand `but` uses below the limit of its tool or family."""
    with sqlite3.connect(database, timeout=5) as connection:
        count = "UPDATE quota_counter SET count = ? WHERE quota_key = ? AND tool = ?"
        changed = connection.execute(count, (limit_of(tool) - but, quota_key, tool)).rowcount
    connection.close()
    assert changed == 1
