"""The former way, sessions awaited inside a transaction: goes when the last adapter has left it."""

import asyncio
import contextlib
import functools
import inspect
from collections.abc import AsyncIterator, Callable
from typing import Any

from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from chassis.clock import Clock
from chassis.database.sessions import CLOCK, WOKEN
from chassis.database.sqlite import PRAGMAS


def either(function: Callable[..., Any]) -> Callable[..., Any]:
    """Also callable with an AsyncSession, and then to be awaited."""

    @functools.wraps(function)
    def called(session: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(session, AsyncSession):
            return session.run_sync(function, *args, **kwargs)
        return function(session, *args, **kwargs)

    return called


async def hooked(hook: Callable[..., Any], session: AsyncSession, *args: Any) -> Any:
    """Call a hook that is still awaited, or one that is a plain function already."""
    if inspect.iscoroutinefunction(hook):
        return await hook(session, *args)
    return await session.run_sync(hook, *args)


class AwaitedSessions:
    def __init__(self, url: URL, clock: Clock, wakers: dict[str, Callable[[], None]]) -> None:
        self._url, self._wakers, self._turn = url, wakers, asyncio.Lock()
        self._info = {CLOCK: clock}
        self._engines: list[AsyncEngine] = []

    def open(self) -> None:
        if self._url.get_backend_name() == "sqlite":
            url = self._url.set(drivername="sqlite+aiosqlite")
            self._engines = [_engine(url, "BEGIN IMMEDIATE"), _engine(url, "BEGIN", "query_only=ON")]
            writer, reader = self._engines
        else:
            writer = create_async_engine(
                self._url.set(drivername="postgresql+psycopg"), pool_size=8, hide_parameters=True
            )
            self._engines = [writer]
            reader = writer.execution_options(postgresql_readonly=True)
        self._write_sessions = async_sessionmaker(writer, expire_on_commit=False, info=self._info)
        self._read_sessions = async_sessionmaker(reader, expire_on_commit=False, info=self._info)

    async def close(self) -> None:
        for engine in self._engines:
            await engine.dispose()

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        async with self._turn, self._write_sessions.begin() as session:
            yield session
        for name in session.info.pop(WOKEN, ()):
            if name in self._wakers:
                self._wakers[name]()

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        async with self._read_sessions() as session:
            yield session


def _engine(url: URL, begin: str, *further: str) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=1 if "IMM" in begin else 8, max_overflow=0, hide_parameters=True)

    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (*PRAGMAS, *further):
            connection.execute(f"PRAGMA {pragma}").close()

    def begun(connection: Connection) -> None:
        adapted: Any = connection.connection.dbapi_connection
        adapted.run_async(lambda raw: raw.execute(begin))

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", begun)
    return engine
