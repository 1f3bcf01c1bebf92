"""SQLite: one writer thread that commits in groups, a few reader threads, and an emptied write-ahead log on demand.

SQLite has one writer per file, and every commit costs an fsync. So the writer takes all units of work that wait at
that moment into one BEGIN IMMEDIATE … COMMIT, each inside a savepoint: a failing one is rolled back alone, a crowd
shares the fsync, and nobody is answered before the commit. BEGIN IMMEDIATE, since a transaction that read first and
then had to wait for another process's write would fail at once. Deleted bytes are overwritten (`secure_delete`).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event

from chassis.clock import Clock
from chassis.database.failures import DATABASE_FAILURES, StillBusy
from chassis.database.sessions import Session, new_session
from chassis.database.units import Delivery, Mailbox, Outcome, Unit, attempted, joined

Result = TypeVar("Result")

READERS = 3
BATCH_UNITS_MAX = 64
BATCH_SECONDS_MAX = 0.05  # then it commits, so that the first of a crowd does not wait for the last
BUSY_MILLISECONDS = 5000
CHECKPOINT_BUSY_MILLISECONDS = 100  # a checkpoint holds up the writes behind it meanwhile
CLOSE_SECONDS = 10.0

PRAGMAS = (
    f"busy_timeout={BUSY_MILLISECONDS}",  # first: the next one may have to wait for another process
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "foreign_keys=ON",
    "temp_store=MEMORY",
)


class _TransactionLostError(Exception):
    """SQLite itself rolled back everything (disk full, I/O error): nothing of the batch is stored."""


class SqliteThreads:
    """A SQLite file, its writer thread and its reader threads."""

    def __init__(self, url: URL, clock: Clock, deliver: Delivery, on_engine: Callable[[Engine], None]) -> None:
        self._on_engine = on_engine
        self._path = Path(str(url.database))
        self._clock = clock
        self._deliver = deliver
        self._writes, self._reads = Mailbox(), Mailbox()
        self._threads: list[Thread] = []

    def open(self) -> None:
        """Make the file if there is none, for its owner only, and start the threads.

        Raises:
            sqlalchemy.exc.OperationalError: the file cannot be opened.
        """
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))  # -wal and -shm take over its mode
        writer = self._connect("BEGIN IMMEDIATE")
        readers = [self._connect("BEGIN", "query_only=ON") for _ in range(READERS)]
        self._threads = [Thread(target=_Writer(writer, self._clock, self._deliver).run, args=(self._writes,))]
        self._threads += [Thread(target=self._read_in_turn, args=(reader,)) for reader in readers]
        for thread in self._threads:
            thread.daemon = True  # a process that must end at once does not wait for a disk
            thread.start()

    async def close(self) -> None:
        """Do what waits, then close; new work is refused at once."""
        self._writes.close()
        self._reads.close(READERS)
        await joined(self._threads, CLOSE_SECONDS)

    async def write(self, work: Callable[[Session], Result]) -> Result:
        return await self._writes.submit(work)

    async def read(self, work: Callable[[Session], Result]) -> Result:
        return await self._reads.submit(work)

    async def truncate_wal(self) -> None:
        """One try to empty the write-ahead log, in turn with the writes.

        Raises:
            StillBusy: somebody reads what the log holds.
        """
        await self._writes.submit(_truncate)

    def _connect(self, begin: str, *further_pragmas: str) -> Connection:
        engine = create_engine(f"sqlite:///{self._path}", poolclass=NullPool, hide_parameters=True)
        self._on_engine(engine)

        def connected(raw: Any, _record: object) -> None:
            raw.isolation_level = None  # the driver must not begin by itself; `begun` does
            for pragma in (*PRAGMAS, *further_pragmas):
                raw.execute(f"PRAGMA {pragma}").close()

        event.listen(engine, "connect", connected)
        event.listen(engine, "begin", lambda connection: _raw(connection).execute(begin))
        return _connected(engine)

    def _read_in_turn(self, connection: Connection) -> None:
        with connection:
            while (unit := self._reads.next()) is not None:
                if unit.claim():
                    self._deliver([_read(connection, unit, self._clock)])


class _Writer:
    """What the writer thread does."""

    def __init__(self, connection: Connection, clock: Clock, deliver: Delivery) -> None:
        self._connection = connection
        self._raw = _raw(connection)
        self._clock = clock
        self._deliver = deliver

    def run(self, mailbox: Mailbox) -> None:
        is_ending = False
        with self._connection:
            while not is_ending:
                unit = mailbox.next()
                if unit is None:
                    return
                others, is_ending = mailbox.waiting(BATCH_UNITS_MAX - 1)
                self._write([unit, *others])

    def _write(self, units: list[Unit[Any]]) -> None:
        checkpoints = [unit for unit in units if unit.work is _truncate]
        waiting = [unit for unit in units if unit.work is not _truncate]
        while waiting:
            waiting = self._write_some(waiting)
        if checkpoints:
            self._truncate_for(checkpoints)

    def _write_some(self, units: list[Unit[Any]]) -> list[Unit[Any]]:
        """Commit as many units as the time allows; returns the rest."""
        begun: list[Unit[Any]] = []
        outcomes: list[Outcome] = []
        taken, end = 0, monotonic() + BATCH_SECONDS_MAX
        try:
            with self._transaction():
                for unit in units:
                    if taken and monotonic() > end:
                        break
                    taken += 1
                    if unit.claim():
                        begun.append(unit)
                        outcomes.append(self._attempt(unit))
        except _TransactionLostError:  # what others had done is lost with it: each by itself, then
            outcomes = [self._alone(unit) for unit in begun]
        except Exception as error:  # noqa: BLE001 — it could not begin or commit: so say to all that wait
            begun += [unit for unit in units[taken:] if unit.claim()]
            taken = len(units)
            outcomes = [Outcome(unit, error=error) for unit in begun]
        self._deliver(outcomes)
        return units[taken:]

    def _alone(self, unit: Unit[Any]) -> Outcome:
        try:
            with self._transaction():
                return self._attempt(unit)
        except _TransactionLostError as lost:
            return Outcome(unit, error=lost.__cause__)
        except Exception as error:  # noqa: BLE001 — it could not begin or commit: its caller is told
            return Outcome(unit, error=error)

    def _attempt(self, unit: Unit[Any]) -> Outcome:
        """Run a unit within a savepoint of its own; a failing one leaves the others' work as it is."""
        self._raw.execute("SAVEPOINT unit")
        outcome = attempted(unit, new_session(self._connection, self._clock))
        if outcome.error is not None:
            if not self._raw.in_transaction:
                raise _TransactionLostError from outcome.error
            self._raw.execute("ROLLBACK TO unit")
        self._raw.execute("RELEASE unit")
        return outcome

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        transaction = self._connection.begin()
        try:
            yield
            transaction.commit()
        except BaseException:
            if transaction.is_active:  # a failed flush has rolled back already
                transaction.rollback()
            raise

    def _truncate_for(self, units: list[Unit[Any]]) -> None:
        """One checkpoint for all who wait for one: each of them asked after its own commit."""
        claimed = [unit for unit in units if unit.claim()]
        error: Exception | None = None
        try:
            self._raw.execute(f"PRAGMA busy_timeout={CHECKPOINT_BUSY_MILLISECONDS}")
            (busy, *_) = self._raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._raw.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
            error = StillBusy() if busy else None
        except DATABASE_FAILURES as failure:
            error = failure
        self._deliver([Outcome(unit, error=error) for unit in claimed])


def _truncate(session: Session) -> None:
    """Stands for a checkpoint among the units: the writer knows it by identity and never runs it.

    Raises:
        RuntimeError: always; a checkpoint is no work within a transaction.
    """
    raise RuntimeError("a checkpoint within a transaction", session.in_transaction())


def _read(connection: Connection, unit: Unit[Any], clock: Clock) -> Outcome:
    try:
        with connection.begin() as transaction:
            outcome = attempted(unit, new_session(connection, clock))
            transaction.rollback()
    except Exception as error:  # noqa: BLE001 — it could not begin: its caller is told
        return Outcome(unit, error=error)
    return outcome


def _raw(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _connected(engine: Engine) -> Connection:
    connection = engine.connect()
    connection.rollback()
    return connection
