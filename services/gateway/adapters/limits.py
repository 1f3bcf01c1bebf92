"""Rate limits in memory, by route class and by pseudonym of the day; nothing of them is stored.

Counted here in a few lines, since a request asks twice: the library that did it before (`limits`) took a fifth of the
gateway's time per request.
"""

import json
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contracts.table import Limit

POLICY = Path("policies/limits.json")
FIGURES = re.compile(r"(?P<amount>\d+)/(?P<several>\d*)(?P<unit>second|minute|hour)")
UNIT_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
KEYS_MAX = 100_000
OTHERS = ""


@dataclass(frozen=True, slots=True)
class RateLimitStatus:
    """What the RateLimit header fields say (draft-ietf-httpapi-ratelimit-headers)."""

    name: str
    quota: int
    window_seconds: int
    remaining: int
    reset_seconds: int

    def fields(self) -> list[tuple[bytes, bytes]]:
        """The two header fields."""
        return [
            (b"ratelimit", f'"{self.name}";r={self.remaining};t={self.reset_seconds}'.encode()),
            (b"ratelimit-policy", f'"{self.name}";q={self.quota};w={self.window_seconds}'.encode()),
        ]


class SlidingWindow:
    """A sliding window counter: this window's count and the part of the last one's that still overlaps.

    Source: Cloudflare, “How we built rate limiting capable of scaling to millions of domains” (2017). Whole windows are
    forgotten at once; beyond 100 000 callers in one window, the rest share a count.
    """

    def __init__(self, amount: int, seconds: int) -> None:
        self.amount, self.seconds = amount, seconds
        self._number = 0
        self._last: dict[str, int] = {}
        self._counts: dict[str, int] = {}

    def spend(self, key: str, now: float) -> tuple[bool, int, float]:
        """Count one; says whether it may pass, how many more may, and the seconds until more may."""
        elapsed = self._roll(now)
        if key not in self._counts and len(self._counts) >= KEYS_MAX:
            key = OTHERS
        before, count = self._last.get(key, 0), self._counts.get(key, 0)
        used = before * (1 - elapsed / self.seconds) + count
        if used + 1 > self.amount:
            return False, 0, self._wait(before, count, elapsed)
        self._counts[key] = count + 1
        return True, int(self.amount - used - 1), self.seconds - elapsed

    def give_back(self, key: str) -> None:
        """Take back one that was counted in this window."""
        if self._counts.get(key, 0) > 0:
            self._counts[key] -= 1

    def _roll(self, now: float) -> float:
        number, elapsed = divmod(now, self.seconds)
        if number != self._number:
            self._last = self._counts if number == self._number + 1 else {}
            self._counts, self._number = {}, int(number)
        return elapsed

    def _wait(self, before: int, count: int, elapsed: float) -> float:
        """Seconds until the overlap has shrunk enough: of the last window in this one, or of this one in the next."""
        if count < self.amount:
            return self.seconds * (1 - (self.amount - 1 - count) / before) - elapsed
        return self.seconds - elapsed + self.seconds * (1 - (self.amount - 1) / count)


class RateLimits:
    """Counts requests by class and pseudonym; each of several replicas takes its share of what the policy allows."""

    def __init__(self, policy: Path = POLICY, replicas: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        figures = json.loads(policy.read_text())
        self._windows = {limit: _window(figures[limit.value], replicas) for limit in Limit}
        self._clock = clock

    def spend(self, limit: Limit, pseudonym: str) -> tuple[bool, RateLimitStatus]:
        """Count one request; says whether it may pass, and where its caller stands."""
        window = self._windows[limit]
        passed, remaining, seconds = window.spend(pseudonym, self._clock())
        # A second later rather than a moment too early: who waits that long must not be refused again.
        reset = max(1, math.floor(seconds) + 1)
        return passed, RateLimitStatus(limit.value, window.amount, window.seconds, remaining, reset)

    def give_back(self, limit: Limit, pseudonym: str) -> None:
        """Count one request less."""
        self._windows[limit].give_back(pseudonym)


def _window(figures: str, replicas: int) -> SlidingWindow:
    found = FIGURES.fullmatch(figures)
    if found is None:
        raise ValueError(f"no limit: {figures}")
    return SlidingWindow(
        math.ceil(int(found["amount"]) / replicas), int(found["several"] or 1) * UNIT_SECONDS[found["unit"]]
    )
