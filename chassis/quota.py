"""Daily quotas: counters under a pseudonym of the day, so that a service limits use without knowing whose it is."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import orjson
from sqlalchemy import Column, Integer, MetaData, String, Table

from chassis.clock import Clock
from chassis.database import Database, UtcDateTime, insert_into
from chassis.tables import DECLARATION
from contracts.errors import ErrorKind, Refusal
from contracts.personal_data import Category, LegalBasis, Locator, PersonalData

# Shorter than the gateway can derive a day's key: an erasure finds every counter that still exists.
COUNTERS_KEPT = timedelta(days=1, hours=1)
DAY = timedelta(days=1)
KEY_MAX, NAME_MAX = 64, 40

Limits = Mapping[str, Mapping[str, int]]


class QuotaPolicyRefused(Exception):
    """The table of tiers cannot be carried out; the message names the tier and the tool."""


def quota_counter(metadata: MetaData) -> Table:
    """Add the counters to a service's metadata."""
    return Table(
        "quota_counter",
        metadata,
        Column("day", String(10), primary_key=True),
        Column("quota_key", String(KEY_MAX), primary_key=True),
        Column("tool", String(NAME_MAX), primary_key=True),
        Column("count", Integer, nullable=False),
        Column("day_began_at", UtcDateTime, nullable=False, index=True),
        info={
            DECLARATION: PersonalData(
                categories=(Category.USAGE,),
                purpose="keep the service usable for all: how often a tool was used today",
                legal_basis=LegalBasis.LEGITIMATE_INTERESTS,
                retention=COUNTERS_KEPT,
                located_by={Locator.QUOTA_KEY: "quota_key"},
                expires="day_began_at",
                source="use of the service",
            )
        },
    )


class DailyQuotas:
    """Counts uses per day (UTC). A tool without a limit of its own shares that of its `family`."""

    def __init__(
        self, database: Database, table: Table, limits: Limits, clock: Clock, *, family: str, initial_tier: str
    ) -> None:
        self._database = database
        self._table = table
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
        if not await self._counted(now, quota_key, counted_as, limit):
            raise Refusal(
                ErrorKind.RATE_LIMITED,
                "daily-quota",
                limit=limit,
                window_seconds=int(DAY.total_seconds()),
                retry_after_seconds=seconds_to_midnight(now),
            )

    async def _counted(self, now: datetime, quota_key: str, tool: str, limit: int) -> bool:
        """Whether there was room: one statement, so that two replicas never count past the limit."""
        if limit < 1:
            return False
        count = self._table.c.count
        async with self._database.write() as session:
            statement = insert_into(session, self._table).values(
                day=now.date().isoformat(), quota_key=quota_key, tool=tool, count=1, day_began_at=midnight(now)
            )
            counted = statement.on_conflict_do_update(
                index_elements=["day", "quota_key", "tool"], set_={"count": count + 1}, where=count < limit
            ).returning(count)
            return (await session.execute(counted)).first() is not None


def midnight(now: datetime) -> datetime:
    """When the day of `now` began, in UTC."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def seconds_to_midnight(now: datetime) -> int:
    """Until the counters begin again; at least one."""
    return max(1, int((midnight(now) + DAY - now).total_seconds()))


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
