"""Whoever waits for as long as they are told may pass."""

import asyncio
import json
import time
from pathlib import Path

from contracts.table import Limit
from services.gateway.adapters.limits import RateLimits

WINDOW_SECONDS = 2


async def test_who_waits_as_told_is_not_refused_again(tmp_path: Path) -> None:
    policy = tmp_path / "limits.json"
    policy.write_text(json.dumps({limit.value: f"3/{WINDOW_SECONDS}second" for limit in Limit}))
    limits = RateLimits(policy)
    # Windows begin with the clock; this leaves 1.4 seconds of one, which is more than a whole one and less than two.
    await asyncio.sleep(WINDOW_SECONDS - time.time() % WINDOW_SECONDS + 0.6)
    passed, rate_limit = await limits.spend(Limit.MAIL, "somebody")
    while passed:
        passed, rate_limit = await limits.spend(Limit.MAIL, "somebody")
    await asyncio.sleep(rate_limit.reset_seconds)
    passed, _ = await limits.spend(Limit.MAIL, "somebody")
    assert passed
