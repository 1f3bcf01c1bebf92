"""The hash chain in SQL: whoever appends waits for the turn, so that the sequence has no gap and no fork."""

from collections.abc import Iterable

from sqlalchemy import bindparam, insert, select, update

from chassis.database import Session, insert_into
from services.consent.adapters.rows import record_values
from services.consent.domain import FIRST_LINK, Event, Record, link
from services.consent.tables import CHAIN, CHAIN_HEAD, RECORD

HEAD = 1

_LOCK_HEAD = select(CHAIN_HEAD.c.sequence, CHAIN_HEAD.c.chained).where(CHAIN_HEAD.c.id == HEAD).with_for_update()
_MOVE_HEAD = (
    update(CHAIN_HEAD)
    .where(CHAIN_HEAD.c.id == HEAD)
    .values(sequence=bindparam("last_sequence"), chained=bindparam("last_link"))
)


def lock_head(session: Session) -> tuple[int, str]:
    """Wait for the turn to append, and keep it until this unit ends; the last sequence and the last link."""
    found = session.execute(_LOCK_HEAD).first()
    if found is None:
        first = insert_into(session, CHAIN_HEAD).values(id=HEAD, sequence=0, chained=FIRST_LINK)
        session.execute(first.on_conflict_do_nothing())
        found = session.execute(_LOCK_HEAD).one()
    return found.sequence, found.chained


def append(session: Session, records: Iterable[Record], sequence: int, chained: str) -> None:
    """Append records behind the head that `lock_head` returned."""
    rows, links = [], []
    for record in records:
        sequence, chained = sequence + 1, link(chained, record.commitment)
        ended_at = None if record.event == Event.GIVEN else record.at
        rows.append({**record_values(record), "sequence": sequence, "ended_at": ended_at})
        links.append({"sequence": sequence, "commitment": record.commitment, "chained": chained})
    session.execute(insert(RECORD), rows)
    session.execute(insert(CHAIN), links)
    session.execute(_MOVE_HEAD, {"last_sequence": sequence, "last_link": chained})
