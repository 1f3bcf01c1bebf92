"""Receipts in SQL: what each must cover, and each stored once, with its leaf in the receipt log."""

from typing import Any

from sqlalchemy import bindparam, func, select, update

from chassis.clock import Clock
from chassis.database import Database, Session, wake_after_commit
from kernel.erasure_receipt import Coverage
from services.dsar.adapters import receipt_log
from services.dsar.adapters.attempts import Attempts
from services.dsar.adapters.requests import ERASING
from services.dsar.domain.erasure import OWN_HOLDER
from services.dsar.ports import Expected, Stored
from services.dsar.tables import Erasure, ExpectedReceipt

RECEIPT: Any = ExpectedReceipt.__table__  # type: ignore[attr-defined] # every table model has one
ERASURES = Attempts(Erasure.__table__, "erasure_id")  # type: ignore[attr-defined]

MINE = (RECEIPT.c.erasure_id == bindparam("of")) & (RECEIPT.c.holder == bindparam("by"))
FIND = select(RECEIPT.c.received_at, RECEIPT.c.inventory_hash, RECEIPT.c.emptied, RECEIPT.c.retained).where(MINE)
STORE = update(RECEIPT).where(MINE)
REFUSE = update(RECEIPT).where(MINE, RECEIPT.c.received_at.is_(None)).values(refused=bindparam("code"))
# Before every other holder of ours has answered, no step of an erasure can follow.
OTHERS_WAITING = select(func.count()).where(
    RECEIPT.c.erasure_id == bindparam("of"),
    RECEIPT.c.received_at.is_(None),
    RECEIPT.c.recipient.is_(False),
    RECEIPT.c.holder != OWN_HOLDER,
)


class SqlReceipts:
    """The receipts of a database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def expected(self, erasure_id: str, holder: str) -> Expected | None:
        """What the receipt of a holder must cover; none if nobody expects one."""
        return await self._database.read(_expected, erasure_id, holder)

    async def store(self, erasure_id: str, holder: str, receipt: bytes, leaf: bytes) -> Stored:
        """Store a checked receipt and append its leaf to the log, once."""
        return await self._database.write(self._store, erasure_id, holder, receipt, leaf)

    async def refuse(self, erasure_id: str, holder: str, code: str) -> None:
        """Note that a receipt was not taken; nothing if one is in already."""
        await self._database.write(_refuse, erasure_id, holder, code)

    def _store(self, session: Session, erasure_id: str, holder: str, receipt: bytes, leaf: bytes) -> Stored:
        found = session.execute(FIND.with_for_update(), {"of": erasure_id, "by": holder}).first()
        if found is None:
            return Stored.UNEXPECTED
        if found.received_at is not None:
            return Stored.DUPLICATE
        index, now = receipt_log.append(session, leaf), self._clock.now()
        values = {"receipt": receipt, "leaf_index": index, "received_at": now, "refused": None}
        session.execute(STORE.values(values), {"of": erasure_id, "by": holder})
        if not session.execute(OTHERS_WAITING, {"of": erasure_id}).scalar_one():
            ERASURES.touch(session, erasure_id, now)
            wake_after_commit(session, ERASING)
        return Stored.STORED


def _expected(session: Session, erasure_id: str, holder: str) -> Expected | None:
    found = session.execute(FIND, {"of": erasure_id, "by": holder}).first()
    if found is None:
        return None
    frozen = None
    if found.inventory_hash is not None:
        frozen = Coverage(found.inventory_hash, frozenset(found.emptied), frozenset(found.retained))
    return Expected(frozen=frozen, is_in=found.received_at is not None)


def _refuse(session: Session, erasure_id: str, holder: str, code: str) -> None:
    session.execute(REFUSE, {"of": erasure_id, "by": holder, "code": code})
