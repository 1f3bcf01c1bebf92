"""A gateway that ends: every request that reached it is answered, on new connections and on kept ones."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

import pytest
from starlette.responses import PlainTextResponse

from contracts.auth import SESSIONS_REVOKED, SessionsRevoked
from ops.run.ports import any_port, release
from services.gateway.api.server import Server, server
from tests.integration.gateway.owners import ACCOUNT, SIGNED_IN, SIMPLIFY, Gateway, Owners, request_bytes
from tests.integration.gateway.test_streams import until_running, withdraw
from tests.support.waiting import until

CLIENTS = 8
PAUSE_SECONDS = 0.005
ASK = request_bytes("GET", "/healthz")


class Client:
    """Asks a gateway over and over, until nobody listens there any more."""

    def __init__(self, gateway: Gateway) -> None:
        self.port = gateway.port
        self.answered = 0
        self.lost = 0

    async def asks_anew(self) -> None:
        """Each time by a new connection."""
        await self._until_refused(lambda _: True)

    async def asks_on(self) -> None:
        """By one connection for as long as no answer says that it is the last."""
        await self._until_refused(lambda head: b"connection: close" in head.lower())

    async def _until_refused(self, is_last: Callable[[bytes], bool]) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except ConnectionRefusedError:
                return
            try:
                while not is_last(await answer_on(reader, writer)):
                    self.answered += 1
                    await asyncio.sleep(PAUSE_SECONDS)
            except (ConnectionError, asyncio.IncompleteReadError):
                self.lost += 1
            else:
                self.answered += 1
            finally:
                writer.close()


async def answer_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The head of the answer to one request; its body is read as well."""
    writer.write(ASK)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.partition(b":")[2]))
    return head


async def ended_under(gateway: Gateway, ask: Callable[[Client], object]) -> list[Client]:
    """Clients that asked until the gateway was gone."""
    clients = [Client(gateway) for _ in range(CLIENTS)]
    async with asyncio.timeout(20), asyncio.TaskGroup() as asking:
        for client in clients:
            asking.create_task(ask(client))  # type: ignore[arg-type]
        await asyncio.sleep(0.2)
        assert await gateway.stop() == 0
    await gateway.start()
    return clients


async def test_every_request_by_a_new_connection_is_answered(gateway: Gateway) -> None:
    clients = await ended_under(gateway, Client.asks_anew)
    assert sum(client.lost for client in clients) == 0
    assert all(client.answered for client in clients)


async def test_every_request_on_a_kept_connection_is_answered(gateway: Gateway) -> None:
    clients = await ended_under(gateway, Client.asks_on)
    assert sum(client.lost for client in clients) == 0
    assert all(client.answered for client in clients)


class LastMoment(Server):
    """A server to which somebody comes at the last moment, when it accepts nobody any more."""

    latest: socket.socket | None = None

    async def main_loop(self) -> None:
        await super().main_loop()
        self.latest = socket.create_connection(self.servers[0].sockets[0].getsockname())
        self.latest.sendall(ASK)


async def test_whom_the_system_has_let_in_is_answered() -> None:
    port = any_port()
    ending = LastMoment(server(PlainTextResponse("here"), "", lambda: None, 5).config, lambda: None, 5)
    living = asyncio.create_task(ending.live("127.0.0.1", port))
    while not ending.started:
        await asyncio.sleep(0.01)
    await ending.end()
    await living
    assert ending.latest is not None
    with ending.latest as latest:
        latest.settimeout(5)
        assert b"here" in latest.recv(4096)
    release(port)


async def revoke(owners: Owners) -> None:
    await owners.buses["auth"].signal(SESSIONS_REVOKED, SessionsRevoked(account_id=ACCOUNT, session_ids=[]))


@pytest.mark.parametrize(
    ("change", "problem"), [(withdraw, "consent-required"), (revoke, "unauthenticated")], ids=["consent", "session"]
)
async def test_a_text_that_is_finished_while_the_gateway_ends_still_rests_on_consent_and_session(
    gateway: Gateway, owners: Owners, change: Callable[[Owners], Awaitable[None]], problem: str
) -> None:
    owners.generate = owners.endless
    reading = asyncio.create_task(gateway.http.post("/api/text/simplify", json=SIMPLIFY, headers=SIGNED_IN))
    await until_running(owners)
    ending = asyncio.create_task(gateway.stop())
    await until(lambda: not gateway.service.ready)
    await until(lambda: gone(gateway), within_seconds=1.4)
    await change(owners)
    assert problem in (await reading).text
    assert await ending == 0
    await gateway.start()


def gone(gateway: Gateway) -> bool:
    """Whether the gateway listens no more."""
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", gateway.port)):
        return False
    return True
