"""Limits of use per day (UTC), by tier and tool."""

from sqlalchemy import Table

from chassis.clock import Clock, seconds_to_midnight
from chassis.database import Database, Session
from chassis.quota.counters import QuotaCounters, Slot
from chassis.quota.ledger import QuotaLedger
from chassis.quota.limits import DAY, Limits
from contracts.errors import ErrorKind, Refusal
from contracts.fulfilment import Command
from contracts.personal_data import Locator


class DailyQuotas:
    """Counts uses per day (UTC). A tool without a limit of its own shares that of its `family`."""

    def __init__(
        self, database: Database, table: Table, limits: Limits, clock: Clock, *, family: str, initial_tier: str
    ) -> None:
        self._ledger = QuotaLedger(database, QuotaCounters(table))
        self._limits = limits
        self._clock = clock
        self._family = family
        self._initial_tier = initial_tier

    async def spend(self, quota_key: str | None, tier: str | None, tool: str) -> None:
        """Count one use.

        Raises:
            Refusal: the day's limit is reached, or nobody is named to count for.
        """
        if quota_key is None:
            raise Refusal(ErrorKind.UNAUTHENTICATED, "no-account")
        limits = self._limits.get(tier or "", self._limits[self._initial_tier])
        counted_as = tool if tool in limits else self._family
        limit = limits.get(counted_as, 0)
        now = self._clock.now()
        slot = Slot(now.date().isoformat(), quota_key, counted_as)
        if limit < 1 or not await self._ledger.take(slot, limit):
            raise Refusal(
                ErrorKind.RATE_LIMITED,
                "daily-quota",
                limit=limit,
                window_seconds=int(DAY.total_seconds()),
                retry_after_seconds=seconds_to_midnight(now),
            )

    def before_erasure(self, session: Session, command: Command) -> None:  # noqa: ARG002 — the chassis's shape
        """End the counters of an erased account that are in memory; the rows go as those of any table."""
        self._ledger.forget(command.locators.get(Locator.QUOTA_KEY, ()))

    async def close(self) -> None:
        """Write back what was reserved and not used."""
        await self._ledger.close()
