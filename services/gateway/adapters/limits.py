"""Rate limits in memory, by route class and by pseudonym of the day; nothing of them is stored."""

import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from contracts.table import Limit

POLICY = Path("policies/limits.json")


@dataclass(frozen=True, slots=True)
class RateLimitStatus:
    """What the RateLimit header fields say (draft-ietf-httpapi-ratelimit-headers)."""

    name: str
    quota: int
    window_seconds: int
    remaining: int
    reset_seconds: int

    def headers(self) -> dict[str, str]:
        """The two header fields."""
        return {
            "RateLimit": f'"{self.name}";r={self.remaining};t={self.reset_seconds}',
            "RateLimit-Policy": f'"{self.name}";q={self.quota};w={self.window_seconds}',
        }


class RateLimits:
    """Counts requests by class and pseudonym."""

    def __init__(self, policy: Path = POLICY) -> None:
        figures = json.loads(policy.read_text())
        self._items: dict[Limit, RateLimitItem] = {limit: parse(figures[limit.value]) for limit in Limit}
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def spend(self, limit: Limit, pseudonym: str) -> tuple[bool, RateLimitStatus]:
        """Count one request; says whether it may pass, and where its caller stands."""
        item = self._items[limit]
        # By name, too: two limits of the same figures would otherwise share one count.
        passed = await self._limiter.hit(item, limit.value, pseudonym)
        stats = await self._limiter.get_window_stats(item, limit.value, pseudonym)
        # A second later rather than a moment too early: who waits that long must not be refused again.
        reset = max(1, math.floor(stats.reset_time - time.time()) + 1)
        return passed, RateLimitStatus(limit.value, item.amount, item.get_expiry(), max(0, stats.remaining), reset)
