"""The inbox: which messages a consumer has handled, so that a repeated one has no second effect."""

from datetime import datetime

from chassis.database import Session, affected, insert_into
from chassis.tables import StandardTables


def first_time(session: Session, tables: StandardTables, consumer: str, message_id: str, at: datetime) -> bool:
    """Note a message as handled, in the transaction of its effect; false if it was noted before."""
    noted = insert_into(session, tables.inbox).values(consumer=consumer, message_id=message_id, handled_at=at)
    return affected(session, noted.on_conflict_do_nothing()) == 1
