"""The outbox: events are written in the transaction of what they tell of, and published afterwards, in order.

A row leaves the outbox only when JetStream has acknowledged it; what is published twice after a crash bears the
same message id. Order is kept by having one relay at a time: replicas take turns by a lease in the database (skipping
each other's locked rows instead would let them overtake one another). Transactions that ran side by side have no
order between them; one that began after another's commit is published after it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import nats.errors
from sqlalchemy import Row, delete, insert, select

from chassis.clock import Clock
from chassis.database import DATABASE_FAILURES, Database, Session, now_in, wake_after_commit
from chassis.lease import give_back_lease, take_lease
from chassis.metrics import OUTBOX_BLOCKED, PUBLISH_FAILURES
from chassis.tables import StandardTables
from chassis.worker import AT_ONCE, Worker
from contracts.identifiers import new_id

BATCH_MAX = 64
PUBLISH_SECONDS = 5.0
PASS_SECONDS = 5.0  # then what is published is forgotten, so that a slow bus does not mean a long transaction
TURN = timedelta(seconds=PASS_SECONDS + PUBLISH_SECONDS + 2)  # a relay that died in its turn is waited for so long
BEATEN_SECONDS = 0.05

OUTBOX = "outbox"
FAILURES: tuple[type[Exception], ...] = (nats.errors.Error, *DATABASE_FAILURES)

Publish = Callable[[str, bytes, str], Awaitable[None]]


def enqueue(session: Session, tables: StandardTables, subject: str, payload: bytes, message_id: str) -> None:
    """Have an event published once this transaction has committed; the relay is woken by the commit."""
    values = {"subject": subject, "payload": payload, "message_id": message_id, "created_at": now_in(session)}
    session.execute(insert(tables.outbox).values(values))
    wake_after_commit(session, OUTBOX)


class OutboxRelay:
    """Publishes what stands in the outbox; `publish(subject, payload, message_id)` returns once it is stored."""

    def __init__(self, database: Database, tables: StandardTables, publish: Publish, clock: Clock) -> None:
        self._database = database
        self._outbox = tables.outbox
        self._waiting = select(tables.outbox).order_by(tables.outbox.c.id).limit(BATCH_MAX)
        self._lease = tables.lease
        self._instance = new_id()
        self._is_shared = database.dialect != "sqlite"  # a file belongs to one process
        self._beaten = False
        self._publish = publish
        self._clock = clock
        self._blocked_since: float | None = None
        self._worker = Worker(OUTBOX, self._step, database=database, failures=FAILURES)

    @property
    def blocked_seconds(self) -> float:
        """For how long publishing has failed without a success between; 0 while nothing is wrong."""
        if self._blocked_since is None:
            return 0.0
        return asyncio.get_running_loop().time() - self._blocked_since

    def wake(self) -> None:
        """Look into the outbox now."""
        self._worker.wake()

    async def run(self) -> None:
        """Publish until cancelled; while the bus or the database is away, try again less and less often."""
        await self._worker.run()

    async def _step(self) -> float | None:
        time = asyncio.get_running_loop().time
        try:
            published = await self.publish_waiting()
        except FAILURES:
            self._blocked_since = self._blocked_since or time()
            PUBLISH_FAILURES.add()
            OUTBOX_BLOCKED.tell(time() - self._blocked_since)
            raise
        self._blocked_since = None
        OUTBOX_BLOCKED.tell(0.0)
        if published:
            return AT_ONCE
        return BEATEN_SECONDS if self._beaten else None

    async def publish_waiting(self) -> int:
        """Publish one batch in order; returns how many. What was published before a failure is not kept.

        Raises:
            nats.errors.Error, OSError, TimeoutError, SQLAlchemyError: the rest stays for the next time.
        """
        rows, self._beaten = await self._database.write(self._take_turn)
        if rows is None:
            return 0
        published, failure = await self._publish_in_order(rows)
        await self._database.write(self._end_turn, published)
        if failure is not None:
            raise failure
        return len(published)

    def _take_turn(self, session: Session) -> tuple[Sequence[Row[Any]] | None, bool]:
        """What waits, in order, and the turn to publish it; None without the turn, and whether another has it."""
        if session.execute(self._waiting).first() is None:
            return None, False
        if self._is_shared and not take_lease(session, self._lease, OUTBOX, self._instance, TURN):
            return None, True
        # Read again: what another replica published before it gave the lease back is gone by now.
        return session.execute(self._waiting).all(), False

    def _end_turn(self, session: Session, published: Sequence[int]) -> None:
        self._forget(session, published)
        if self._is_shared:
            give_back_lease(session, self._lease, OUTBOX, self._instance)

    async def _publish_in_order(self, rows: Sequence[Row[Any]]) -> tuple[list[int], Exception | None]:
        published: list[int] = []
        time = asyncio.get_running_loop().time
        end = time() + PASS_SECONDS
        for row in rows:
            if time() > end:
                break
            try:
                async with asyncio.timeout(PUBLISH_SECONDS):
                    await self._publish(row.subject, row.payload, row.message_id)
            except (nats.errors.Error, OSError, TimeoutError) as failure:
                return published, failure
            published.append(row.id)
        return published, None

    def _forget(self, session: Session, published: Sequence[int]) -> None:
        if published:
            session.execute(delete(self._outbox).where(self._outbox.c.id.in_(published)))
