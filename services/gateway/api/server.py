"""The HTTP server: uvicorn inside the service's own loop, on localhost by IPv4 and IPv6.

When it ends, uvicorn resets the connections that the system has let in and nobody has accepted yet, and closes those
whose first request is still on its way. Here both are answered first: whom it does not refuse, it serves.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from functools import partial
from math import ceil

import uvicorn
from starlette.types import ASGIApp

from services.gateway.api.connection_shares import ConnectionShares
from services.gateway.api.connections import Connection

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 30
LAST_WORD_SECONDS = 2  # for those that are cut off to be told so


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the service's lifecycle ends it.

    `cut` ends what is still being answered `drain_seconds` after the end began, with a word to its reader.
    """

    def __init__(self, config: uvicorn.Config, cut: Callable[[], None], drain_seconds: float) -> None:
        super().__init__(config)
        self._cut = cut
        self._drain_seconds = drain_seconds
        self._living = False
        self._ending = asyncio.Event()
        self._ended = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield

    async def live(self, host: str, port: int) -> None:
        """Serve until told to end."""
        self._living = True
        try:
            await self.serve(listen(host, port))
        finally:
            self._ended.set()

    async def main_loop(self) -> None:
        """Wait for the end; uvicorn's own loop wakes ten times a second to ask for it and to read the date."""
        await self._ending.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen no more, take the last connections in, and wait until all have their answers."""
        listeners = [listener.dup() for listener in sockets or ()]  # they keep what waits when uvicorn's are closed
        for server in self.servers:
            server.close()
        for listener in listeners:
            for accepted in accept_all(listener):
                await asyncio.get_running_loop().connect_accepted_socket(self._connection, accepted)
        await super().shutdown(sockets)

    def _connection(self) -> asyncio.Protocol:
        make = self.config.http_protocol_class
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)  # type: ignore[call-arg]

    async def end(self) -> None:
        """Take no more requests, and wait until those at work are answered or cut off."""
        self.should_exit = True
        self._ending.set()
        if not self._living:
            return
        cutting = asyncio.get_running_loop().call_later(self._drain_seconds, self._cut)
        try:
            async with asyncio.timeout(self._drain_seconds + LAST_WORD_SECONDS + 2):
                await self._ended.wait()
        finally:
            cutting.cancel()


def server(app: ASGIApp, trusted_proxies: str, cut: Callable[[], None], drain_seconds: float) -> Server:
    """Configure the server; nothing is logged by it, since its lines hold addresses and paths."""
    config = uvicorn.Config(
        app,
        loop="none",
        http=partial(Connection, shares=ConnectionShares(trusted_proxies)),  # type: ignore[arg-type] # it is called
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies or None,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=ceil(drain_seconds) + LAST_WORD_SECONDS,
    )
    return Server(config, cut, drain_seconds)


def accept_all(listener: socket.socket) -> list[socket.socket]:
    """Accept every connection that waits at a listening socket, and close it."""
    accepted = []
    with listener, contextlib.suppress(OSError):
        listener.setblocking(False)
        while True:
            connection, _ = listener.accept()
            connection.setblocking(False)
            accepted.append(connection)
    return accepted


def listen(host: str, port: int) -> list[socket.socket]:
    """Open a listening socket for every address of the host that this machine has."""
    sockets: list[socket.socket] = []
    for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            listener.bind(address)
        except OSError:
            listener.close()
            if family == socket.AF_INET6 and sockets:
                continue  # no IPv6 here; IPv4 is enough
            raise
        listener.listen(BACKLOG)
        listener.setblocking(False)
        sockets.append(listener)
    return sockets
