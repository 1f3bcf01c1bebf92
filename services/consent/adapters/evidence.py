"""What is left of records when the person they point to must vanish from them (Art. 17(3)(e))."""

from datetime import datetime

from sqlalchemy import ColumnElement, insert, select

from chassis.database import Session
from contracts.identifiers import new_id
from services.consent.adapters.rows import RECORD_COLUMNS, record_of
from services.consent.tables import EVIDENCE


class EvidenceBook:
    """Writes evidence under the key that alone can tie it to a pseudonym again."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def enter(self, session: Session, whose: ColumnElement[bool], now: datetime) -> None:
        """Keep purpose, notice, times and a keyed hash of each of these records."""
        records = [record_of(row) for row in session.execute(select(*RECORD_COLUMNS).where(whose))]
        if not records:
            return
        evidence = [
            {
                "id": new_id(),
                "purpose": record.purpose,
                "event": record.event,
                "at": record.at,
                "notice_version": record.notice_version,
                "notice_hash": record.notice_hash,
                "keyed_hash": record.evidence(self._key),
                "created_at": now,
            }
            for record in records
        ]
        session.execute(insert(EVIDENCE), evidence)
