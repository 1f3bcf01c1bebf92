"""Connections to the bus in a service's role, which note what the server refused."""

from typing import Self

from nats.aio.client import Client

from tests.support.nats import NatsServer


class Connection:
    """A role's connection; `refusals` holds what the server answered to what it may not do."""

    def __init__(self, client: Client, refusals: list[str]) -> None:
        self.client = client
        self.refusals = refusals

    @classmethod
    async def of(cls, server: NatsServer, role: str, account: str = "APP") -> Self:
        refusals: list[str] = []

        async def note(error: Exception) -> None:
            refusals.append(str(error).lower())

        return cls(await server.connect(role, account, error_cb=note), refusals)

    async def settled(self) -> None:
        """The server has seen all that was sent. nats-py's PING overtakes what is still pending, hence two."""
        await self.client.flush()
        await self.client.flush()

    async def refused(self) -> list[str]:
        """All refusals so far: the server answers in order, so a round trip brings them in."""
        await self.settled()
        return self.refusals

    async def may_publish(self, subject: str, reply: str = "") -> bool:
        self.refusals.clear()
        await self.client.publish(subject, b"{}", reply=reply)
        return not await self.refused()

    async def may_subscribe(self, subject: str, queue: str = "") -> bool:
        self.refusals.clear()
        subscription = await self.client.subscribe(subject, queue=queue)
        allowed = not await self.refused()
        if allowed:
            await subscription.unsubscribe()
        return allowed


class Connect:
    """Opens connections and closes them at the end of the test."""

    def __init__(self, server: NatsServer) -> None:
        self.server = server
        self.opened: list[Connection] = []

    async def __call__(self, role: str, account: str = "APP") -> Connection:
        connection = await Connection.of(self.server, role, account)
        self.opened.append(connection)
        return connection
