"""Moves a day's counters close to their limit, so that a test need not use a tool a thousand times."""

import json
import sqlite3
from datetime import datetime
from pathlib import Path

TIERS = Path("policies/tiers.json")


def limit_of(tool: str, tier: str = "free") -> int:
    quotas = json.loads(TIERS.read_text())["tiers"][tier]["quotas"]
    return int(next(quota["limit"] for quota in quotas if quota["tool"] == tool))


def use_up_the_day(database: Path, now: datetime, quota_key: str, tool: str, but: int = 0) -> None:
    """Let a counter stand `but` uses below its limit, for one who has not used the tool or family yet that day."""
    row = (now.date().isoformat(), quota_key, tool, limit_of(tool) - but, f"{now.date().isoformat()} 00:00:00.000000")
    with sqlite3.connect(database, timeout=5) as connection:
        connection.execute("INSERT INTO quota_counter VALUES (?, ?, ?, ?, ?)", row)
    connection.close()
