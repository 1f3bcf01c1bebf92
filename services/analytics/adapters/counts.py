"""The anonymous counters in the service's own database."""

from collections.abc import Sequence

from chassis.database import Database, Session, insert_into
from services.analytics.domain.counters import UsageCount
from services.analytics.tables import Base

COUNTS = Base.metadata.tables["usage_count"]
KEY = ["window_start", "tool", "outcome"]


class SqlUsageCounts:
    """Replicas count for themselves, and add here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, counts: Sequence[UsageCount]) -> None:
        await self._database.write(_add, counts)


def _add(session: Session, counts: Sequence[UsageCount]) -> None:
    for one in counts:
        row = insert_into(session, COUNTS).values(
            window_start=one.window_start, tool=one.tool, outcome=one.outcome, count=one.count
        )
        added = {"count": COUNTS.c["count"] + row.excluded["count"]}
        session.execute(row.on_conflict_do_update(index_elements=KEY, set_=added))
