"""What is left of records when the person they point to must vanish from them (Art. 17(3)(e))."""

from datetime import datetime

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.identifiers import new_id
from services.consent.adapters.rows import record_of
from services.consent.tables import EvidenceRow, RecordRow


class EvidenceBook:
    """Writes evidence under the key that alone can tie it to a pseudonym again."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    async def enter(self, session: AsyncSession, whose: ColumnElement[bool], now: datetime) -> None:
        """Keep purpose, notice, times and a keyed hash of each of these records."""
        for row in (await session.scalars(select(RecordRow).where(whose))).all():
            evidence = {
                "id": new_id(),
                "purpose": row.purpose,
                "event": row.event,
                "at": row.at,
                "notice_version": row.notice_version,
                "notice_hash": row.notice_hash,
                "keyed_hash": record_of(row).evidence(self._key),
                "created_at": now,
            }
            await session.execute(insert(EvidenceRow).values(evidence))
