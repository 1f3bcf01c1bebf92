"""PostgreSQL: a small pool of connections, each unit of work in a thread of its own turn.

PostgreSQL keeps dead rows until vacuum, and what it logged for longer; what describes a person is sealed therefore
(`chassis.sealing`), and ends with its key.
"""

from collections.abc import Callable
from threading import Thread
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, create_engine

from chassis.clock import Clock
from chassis.database.sessions import Session, new_session
from chassis.database.units import TURN_SECONDS, Delivery, Mailbox, Outcome, Unit, attempted, joined

Result = TypeVar("Result")

CONNECTIONS = 8
CONNECT_SECONDS = 5
STATEMENT_SECONDS = 15
CLOSE_SECONDS = 10.0


class PostgresThreads:
    """A PostgreSQL database and as many threads as connections: each runs one unit of work at a time."""

    def __init__(self, url: URL, clock: Clock, deliver: Delivery, on_engine: Callable[[Engine], None]) -> None:
        self._clock = clock
        self._deliver = deliver
        self._mailbox = Mailbox()
        self._writer = _engine(url)
        on_engine(self._writer)
        self._reader = self._writer.execution_options(postgresql_readonly=True)
        self._threads: list[Thread] = []

    def open(self) -> None:
        """Start the threads.

        Raises:
            sqlalchemy.exc.OperationalError: the server cannot be reached.
        """
        try:
            with self._writer.connect():
                pass
        except BaseException:
            self._writer.dispose()
            raise
        self._threads = [Thread(target=self._work_in_turn, daemon=True) for _ in range(CONNECTIONS)]
        for thread in self._threads:
            thread.start()

    async def close(self) -> None:
        """Do what waits, then close; new work is refused at once."""
        self._mailbox.close(len(self._threads))
        await joined(self._threads, CLOSE_SECONDS)
        self._writer.dispose()

    async def write(self, work: Callable[[Session], Result]) -> Result:
        return await self._mailbox.submit(work)

    async def read(self, work: Callable[[Session], Result]) -> Result:
        return await self._mailbox.submit(_ReadOnly(work))

    async def truncate_wal(self) -> None:
        """Nothing to do: the write-ahead log is the server's."""

    def _work_in_turn(self) -> None:
        while (unit := self._mailbox.next()) is not None:
            if unit.claim():
                self._deliver([self._outcome(unit)])

    def _outcome(self, unit: Unit[Any]) -> Outcome:
        engine = self._reader if isinstance(unit.work, _ReadOnly) else self._writer
        try:
            with engine.connect() as connection, connection.begin() as transaction:
                outcome = attempted(unit, new_session(connection, self._clock))
                if outcome.error is not None and transaction.is_active:  # a failed flush has rolled back already
                    transaction.rollback()
        except BaseException as error:  # noqa: BLE001 — also that it could not begin or commit: its caller is told
            return Outcome(unit, error=error)
        return outcome


class _ReadOnly:
    """Work for a transaction that cannot write."""

    def __init__(self, work: Callable[[Session], Any]) -> None:
        self._work = work

    def __call__(self, session: Session) -> Any:
        return self._work(session)


def _engine(url: URL) -> Engine:
    milliseconds = STATEMENT_SECONDS * 1000
    settings = {
        "statement_timeout": milliseconds,
        "idle_in_transaction_session_timeout": milliseconds,
        "timezone": "UTC",
    }
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=TURN_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,  # an error text must not hold what a statement was about
        isolation_level="READ COMMITTED",
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": milliseconds + CONNECT_SECONDS * 1000,
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        },
    )
