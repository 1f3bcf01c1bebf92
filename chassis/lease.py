"""Leases: which replica does a piece of work now, so that two do not do it at the same time."""

from datetime import timedelta

from sqlalchemy import Table, delete

from chassis.database import Session, affected, insert_into, now_in


def take_lease(session: Session, lease: Table, name: str, holder: str, lasts: timedelta) -> bool:
    """Take a lease, or prolong one's own; false while another holder's has not run out.

    Replicas compare times by their own clocks: `lasts` must be longer than the work and the clocks' difference.
    """
    now = now_in(session)
    wanted = insert_into(session, lease).values(name=name, holder=holder, until=now + lasts)
    is_free = (lease.c.holder == holder) | (lease.c.until <= now)
    taken = wanted.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": wanted.excluded.holder, "until": wanted.excluded.until},
        where=is_free,
    )
    return affected(session, taken) == 1


def give_back_lease(session: Session, lease: Table, name: str, holder: str) -> None:
    """End one's own lease before it runs out."""
    session.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder))
