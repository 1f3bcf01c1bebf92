"""The database as services see it: units of work, in and out of threads that only talk to the database.

A unit of work is a plain function of a session; it runs in a database thread, so nothing can be awaited in it and no
transaction is ever held over the network. It may run twice (a batch that SQLite gave up is run again, unit by unit),
so it returns what it found out instead of leaving it elsewhere.
"""

import asyncio
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine, make_url

from chassis.clock import Clock
from chassis.database.failures import DatabaseClosed, StillBusy
from chassis.database.postgresql import PostgresThreads
from chassis.database.sessions import Session
from chassis.database.sqlite import SqliteThreads
from chassis.database.units import Delivery

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

TRUNCATE_SECONDS = 10.0
TRUNCATE_PAUSE_SECONDS = 0.02


class Database:
    """Units of work to read and to write with.

    `clock` dates what sessions queue. `on_engine` is told of every engine before its first connection.
    """

    def __init__(
        self, url: str, clock: Clock | None = None, on_engine: Callable[[Engine], None] = lambda _: None
    ) -> None:
        """Raises ValueError: the URL names neither a SQLite file nor a PostgreSQL database."""
        self._url = make_url(url)
        self._clock = clock or Clock()
        self._on_engine = on_engine
        self.dialect = self._url.get_backend_name()
        if self.dialect not in {"sqlite", "postgresql"}:
            raise ValueError("the database is a SQLite file or PostgreSQL")
        if self.dialect == "sqlite" and self._url.database in {None, "", ":memory:"}:
            raise ValueError("a SQLite database needs a file")
        self._threads: SqliteThreads | PostgresThreads | None = None
        self._wakers: dict[str, Callable[[], None]] = {}

    async def open(self) -> None:
        """Connect, and make the SQLite file if there is none; fail now rather than at the first request.

        Raises:
            sqlalchemy.exc.OperationalError: the database cannot be reached.
        """
        kind = SqliteThreads if self.dialect == "sqlite" else PostgresThreads
        threads = kind(self._url, self._clock, Delivery(self._wakers), self._on_engine)
        await asyncio.to_thread(threads.open)
        self._threads = threads

    async def close(self) -> None:
        """Do what waits, refuse what comes, close every connection."""
        if self._threads is not None:
            threads, self._threads = self._threads, None
            await threads.close()

    async def write(
        self,
        work: Callable[Concatenate[Session, Parameters], Result],
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Result:
        """Do `work(session, *args, **kwargs)` in one transaction; returns its result once that has committed.

        Raises:
            TurnTimeout: other units took longer than one may wait for its turn (30 s).
            DatabaseClosed: the service is ending.
            Exception: what the work raised, after everything it did was rolled back.
        """
        return await self._open_threads.write(lambda session: work(session, *args, **kwargs))

    async def read(
        self,
        work: Callable[Concatenate[Session, Parameters], Result],
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Result:
        """Do `work(session, *args, **kwargs)` on a consistent view that cannot write; returns its result.

        Keep it short: a long one holds up `truncate_wal`.

        Raises:
            TurnTimeout, DatabaseClosed, Exception: as `write`.
        """
        return await self._open_threads.read(lambda session: work(session, *args, **kwargs))

    def on_commit(self, name: str, waker: Callable[[], None]) -> None:
        """Call `waker` after each commit of a session that was marked with `wake_after_commit(session, name)`."""
        self._wakers[name] = waker

    async def truncate_wal(self) -> None:
        """Return when no deleted byte is left in SQLite's write-ahead log; callers at the same time share a checkpoint.

        Raises:
            StillBusy: a reader held it up for longer than `TRUNCATE_SECONDS`.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + TRUNCATE_SECONDS
        while True:
            try:
                return await self._open_threads.truncate_wal()
            except StillBusy:
                if loop.time() > end:
                    raise
            await asyncio.sleep(TRUNCATE_PAUSE_SECONDS)

    @property
    def _open_threads(self) -> SqliteThreads | PostgresThreads:
        if self._threads is None:
            raise DatabaseClosed("the database is not open")
        return self._threads
