"""One service's database: a SQLite file or a PostgreSQL database behind the same four verbs.

SQLite has one writer per file, so writes take turns in this process and begin with BEGIN IMMEDIATE: a
transaction that read first and then had to wait for the writer would fail at once. Deleted bytes are
overwritten (`secure_delete`), and `truncate_wal` empties the write-ahead log, which still holds what they were.
PostgreSQL keeps dead rows until vacuum; there an erasure ends with the storage's own encryption and vacuum.
"""

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import URL, Connection, CursorResult, DateTime, Dialect, Executable, Table, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.types import TypeDecorator

from chassis.clock import Clock

READERS_MAX = 8
WRITE_TURN_SECONDS = 30.0
CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 15.0
BUSY_MILLISECONDS = 5000
SETTLE_SECONDS = 10.0
SETTLE_PAUSE_SECONDS = 0.02
SETTLE_BUSY_MILLISECONDS = 100

# What a database that is restarting, unreachable or overloaded raises; a background loop waits and tries again.
# SQLite's own error comes out bare where a transaction cannot begin.
DATABASE_FAILURES: tuple[type[Exception], ...] = (SQLAlchemyError, sqlite3.OperationalError, OSError, TimeoutError)

# SQLSTATE classes (PostgreSQL, appendix A) and primary result codes of SQLite that pass by themselves: no connection,
# not enough resources, an operator at work, a deadlock; busy, locked, I/O error, full, cannot open.
PASSING_STATES = frozenset({"08", "53", "55", "57", "40"})
PASSING_CODES = frozenset({5, 6, 10, 13, 14})

PRAGMAS = (
    f"busy_timeout={BUSY_MILLISECONDS}",  # first: the next one may have to wait for another process
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "foreign_keys=ON",
    "temp_store=MEMORY",
)

WOKEN, CLOCK = "woken", "clock"


class StillBusy(Exception):
    """A reader or another process kept the write-ahead log from being emptied; try again."""


def is_away(error: BaseException) -> bool:
    """Whether an error says that the database cannot be reached or used now; what else it raises is a bug of ours."""
    if isinstance(error, PoolTimeout | OSError | TimeoutError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    driver = error.orig if isinstance(error, DBAPIError) else error
    state, code = getattr(driver, "sqlstate", None) or "", getattr(driver, "sqlite_errorcode", None) or 0
    return state[:2] in PASSING_STATES or code & 0xFF in PASSING_CODES


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC on both engines; a naive one is refused, since nobody knows what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: UTC, and without a zone where the engine has none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From the database: aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """Sessions to read and to write with; every write is one transaction. `clock` dates what sessions queue."""

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        self._url = make_url(url)
        self._session_info = {CLOCK: clock or Clock()}
        self.dialect = self._url.get_backend_name()
        if self.dialect not in {"sqlite", "postgresql"}:
            raise ValueError("the database is a SQLite file or PostgreSQL")
        if self.dialect == "sqlite" and self._url.database in {None, "", ":memory:"}:
            raise ValueError("a SQLite database needs a file")
        self._writer: AsyncEngine | None = None
        self._reader: AsyncEngine | None = None
        self._checkpointer: AsyncEngine | None = None
        self._turn = asyncio.Lock()
        self._checkpoint = asyncio.Lock()
        self._commits = 0
        self._settled = 0
        self._wakers: dict[str, Callable[[], None]] = {}

    async def open(self) -> None:
        """Make the file if there is none, and the connection pools; fail now rather than at the first request."""
        if self.dialect == "sqlite":
            _make_private_file(Path(str(self._url.database)))
            self._writer = _sqlite_engine(self._url, connections=1, begin="BEGIN IMMEDIATE")
            self._reader = _sqlite_engine(self._url, connections=READERS_MAX, begin="BEGIN", also="query_only=ON")
            patience = f"busy_timeout={SETTLE_BUSY_MILLISECONDS}"  # it holds up the writers meanwhile
            self._checkpointer = _sqlite_engine(self._url, connections=1, begin="BEGIN", also=patience)
        else:
            self._writer = _postgres_engine(self._url)
            self._reader = self._writer.execution_options(postgresql_readonly=True)
        self._write_sessions = async_sessionmaker(self._writer, expire_on_commit=False, info=self._session_info)
        self._read_sessions = async_sessionmaker(self._reader, expire_on_commit=False, info=self._session_info)
        async with self._writer.connect():
            pass

    async def close(self) -> None:
        """Close every connection."""
        for engine in (self._checkpointer, self._reader, self._writer):
            if engine is not None:
                await engine.dispose()
        self._writer = self._reader = self._checkpointer = None

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end, rolled back on error. Do not nest: SQLite has one writer.

        Raises:
            TimeoutError: other writes took longer than a write may wait.
        """
        async with self._writing(), self._write_sessions.begin() as session:
            yield session
        self._commits += 1
        for name in session.info.pop(WOKEN, ()):
            if name in self._wakers:
                self._wakers[name]()

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A consistent view that cannot write; keep it short, since a long one holds up `truncate_wal`."""
        async with self._read_sessions() as session:
            yield session

    def on_commit(self, name: str, waker: Callable[[], None]) -> None:
        """Call `waker` after each commit of a session that was marked with `wake_after_commit(session, name)`."""
        self._wakers[name] = waker

    async def truncate_wal(self) -> None:
        """Return when no deleted byte is left in the write-ahead log. Several callers share one checkpoint.

        Raises:
            StillBusy: a reader held it up for too long.
        """
        if self.dialect != "sqlite":
            return
        asked = self._commits
        async with self._checkpoint:
            if self._settled >= asked:
                return  # a checkpoint that began after our commit has covered it
            await self._settle_now()

    async def _settle_now(self) -> None:
        for _ in range(int(SETTLE_SECONDS / (SETTLE_PAUSE_SECONDS + SETTLE_BUSY_MILLISECONDS / 1000))):
            async with self._writing():
                covered = self._commits
                if await self._truncate_log():
                    self._settled = covered
                    return
            await asyncio.sleep(SETTLE_PAUSE_SECONDS)
        raise StillBusy

    async def _truncate_log(self) -> bool:
        if self._checkpointer is None:
            raise StillBusy
        async with self._checkpointer.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            ((busy, *_),) = await raw.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
        return not busy

    @contextlib.asynccontextmanager
    async def _writing(self) -> AsyncIterator[None]:
        if self.dialect != "sqlite":
            yield
            return
        async with asyncio.timeout(WRITE_TURN_SECONDS):
            await self._turn.acquire()
        try:
            yield
        finally:
            self._turn.release()


def wake_after_commit(session: AsyncSession, name: str) -> None:
    """Mark a session so that whoever waits for `name` is woken once it has committed, and not otherwise."""
    session.info.setdefault(WOKEN, set()).add(name)


def now_in(session: AsyncSession) -> datetime:
    """The time of the service that a session belongs to."""
    clock: Clock = session.info[CLOCK]
    return clock.now()


async def affected(session: AsyncSession, statement: Executable) -> int:
    """Execute a statement that returns no rows; how many it touched."""
    result = cast("CursorResult[Any]", await session.execute(statement))
    return result.rowcount


def insert_into(session: AsyncSession, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, in the dialect of the session."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def _make_private_file(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # -wal and -shm take over its mode


def _sqlite_engine(url: URL, *, connections: int, begin: str, also: str = "") -> AsyncEngine:
    engine = create_async_engine(
        url, pool_size=connections, max_overflow=0, pool_timeout=WRITE_TURN_SECONDS, hide_parameters=True
    )

    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin by itself; `begun` does
        for pragma in filter(None, (*PRAGMAS, also)):
            connection.execute(f"PRAGMA {pragma}").close()

    def begun(connection: Connection) -> None:
        adapted: Any = connection.connection.dbapi_connection
        adapted.run_async(lambda raw: raw.execute(begin))  # a third of the way that a SQLAlchemy statement takes

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", begun)
    return engine


def _postgres_engine(url: URL) -> AsyncEngine:
    milliseconds = str(int(STATEMENT_SECONDS * 1000))
    return create_async_engine(
        url,
        pool_size=READERS_MAX,
        max_overflow=0,
        pool_timeout=WRITE_TURN_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,  # an error text must not hold what a statement was about
        isolation_level="READ COMMITTED",
        connect_args={
            "timeout": CONNECT_SECONDS,
            "command_timeout": STATEMENT_SECONDS + CONNECT_SECONDS,
            "server_settings": {
                "statement_timeout": milliseconds,
                "idle_in_transaction_session_timeout": milliseconds,
                "timezone": "UTC",
            },
        },
    )
