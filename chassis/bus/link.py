"""One connection to one NATS account: keeps itself up for ever, and says when it is lost, back or of no more use.

nats-py buffers what is published while the server is away and sends it minutes later; here sending fails at once. It
also wakes a task for every message that it writes; here what is sent within one turn of the event loop is written at
the turn's end, in one piece, by the client protocol (https://docs.nats.io/reference/reference-protocols/nats-protocol).
Reading is the transport's (`chassis.bus.transport`).
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from chassis.bus.codec import MESSAGE_BYTES_MAX
from chassis.bus.transport import DirectTransport, Message, MessageHandler
from chassis.nats_servers import NatsServers
from chassis.telemetry import Log
from contracts.errors import ErrorKind, Refusal

CONNECT_SECONDS = 5
PING_SECONDS = 5
RECONNECT_SECONDS = 0.25
UNWRITTEN_BYTES_MAX = 32 * 1024 * 1024
NO_HEADERS: Mapping[str, str] = {}

log = Log("bus")


class Send(Protocol):
    """Publishes a message; `Link.send`."""

    def __call__(self, subject: str, data: bytes, reply: str, headers: Mapping[str, str] = NO_HEADERS) -> None: ...


class Sender(Protocol):
    """What a stream writes to; `Link`."""

    @property
    def send(self) -> Send:
        """Publishes a message."""
        ...

    def at_end_of_turn(self, callback: Callable[[], None]) -> None:
        """Have something called once, when this turn of the event loop is over; what it sends leaves with the rest."""
        ...


class Link:
    """A service's connection to one account, by that account's key.

    `on_lost` and `on_back` are called when the server is gone and when it is back. `broken` is set when the
    connection can never do its work (closed for good, or a permission is missing); the process should end then.
    """

    def __init__(self, service: str, account: str, inbox: str) -> None:
        self.account = account
        self._service = service
        self._inbox = inbox
        self._transport = DirectTransport()
        self._nats = Client()
        self._nats._transport = self._transport  # noqa: SLF001 — it has no public way to bring one's own
        self._closing = False
        self._closer: asyncio.Task[object] | None = None
        self._unwritten: list[bytes] = []
        self._due: list[Callable[[], None]] = []
        self._is_due = False
        self.on_lost: list[Callable[[], None]] = []
        self.on_back: list[Callable[[], None]] = []
        self.broken = asyncio.Event()

    @property
    def client(self) -> Client:
        """The nats-py client, for JetStream and for subscriptions whose handlers wait."""
        return self._nats

    @property
    def connected(self) -> bool:
        """Whether the server answers now."""
        return bool(self._nats.is_connected)

    @property
    def is_closed(self) -> bool:
        """Whether it is closed for good."""
        return bool(self._nats.is_closed)

    async def open(self, servers: NatsServers, seed: str) -> None:
        """Connect; while none of the servers answers, keep trying for ever."""
        await self._nats.connect(
            **servers.options(),
            nkeys_seed_str=seed,
            name=self._service,
            inbox_prefix=f"{self._inbox}.js",
            connect_timeout=CONNECT_SECONDS,
            ping_interval=PING_SECONDS,
            max_outstanding_pings=2,
            max_reconnect_attempts=-1,
            reconnect_time_wait=RECONNECT_SECONDS,  # type: ignore[arg-type] # it takes fractions
            pending_size=-1,
            error_cb=self._error,
            disconnected_cb=self._lost,
            reconnected_cb=self._back,
            closed_cb=self._closed,
        )

    async def subscribe(self, subject: str, handler: MessageHandler, queue: str = "") -> Subscription:
        """Have messages handed over as they are read, to a handler that does not wait."""

        async def parsed(message: Msg) -> None:
            handler(Message(message.subject, message.reply, message.data, message.headers))

        subscription = await self._nats.subscribe(subject, queue=queue, cb=parsed)
        self._transport.hand_over(subscription._id, handler)  # noqa: SLF001 — its number has no public name
        return subscription

    async def close(self) -> None:
        """Close for good; safe to repeat, and before it was open."""
        self._closing = True
        self._closer = asyncio.current_task()
        self._write()
        if not self._nats.is_closed:
            await self._nats.close()

    async def settled(self) -> None:
        """Wait until the server has read all that was sent.

        Twice, since nats-py writes a PING ahead of the commands that still wait in its buffer: the first round
        trip empties the buffer, the second one shows that the server has read it.
        """
        self._write()
        await self._nats.flush(CONNECT_SECONDS)
        await self._nats.flush(CONNECT_SECONDS)

    def send(self, subject: str, data: bytes, reply: str, headers: Mapping[str, str] = NO_HEADERS) -> None:
        """Publish; it leaves at the end of this turn of the event loop.

        Raises:
            Refusal: UNAVAILABLE without a server that reads, TOO_LARGE beyond what the server takes.
        """
        if not self._nats.is_connected:
            raise Refusal(ErrorKind.UNAVAILABLE, "bus-down", retry_after_seconds=1)
        if len(data) > MESSAGE_BYTES_MAX:
            raise Refusal(ErrorKind.TOO_LARGE, "message", limit_bytes=MESSAGE_BYTES_MAX)
        if not self._unwritten:
            self._check_room()
            self._end_turn_soon()
        self._unwritten.append(_command(subject, reply, data, headers))

    def at_end_of_turn(self, callback: Callable[[], None]) -> None:
        """Have something called once, when this turn of the event loop is over; what it sends leaves with the rest."""
        self._due.append(callback)
        self._end_turn_soon()

    def _end_turn_soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._end_turn)

    def _end_turn(self) -> None:
        due, self._due = self._due, []
        try:
            for callback in due:
                callback()
        finally:
            self._is_due = False
            self._write()

    def _check_room(self) -> None:
        """Refuse to pile up what the server does not read."""
        if self._transport.unwritten_bytes > UNWRITTEN_BYTES_MAX:
            raise Refusal(ErrorKind.UNAVAILABLE, "bus-slow", retry_after_seconds=1)

    def _write(self) -> None:
        """Write what waits; if the server is gone meanwhile, nobody waits for it any more either."""
        unwritten, self._unwritten = self._unwritten, []
        if unwritten and self._nats.is_connected:
            self._transport.write(b"".join(unwritten))

    async def _error(self, error: Exception) -> None:
        if self._closing and asyncio.current_task() is self._closer:
            return
        if self._closing:
            # nats-py's reconnecting may miss its cancellation (asyncio.wait_for of Python 3.11 swallows one that
            # comes with a refused connection); what it reports its failed attempt to ends it for good.
            raise asyncio.CancelledError
        if "permissions violation" in str(error).lower():
            log.failure("permission missing on the bus", service=self._service)
            self.broken.set()
        else:
            log.warning("bus error", error=error)

    async def _lost(self) -> None:
        if not self._closing:
            log.warning("bus lost")
        for callback in self.on_lost:
            callback()

    async def _back(self) -> None:
        log.info("bus back")
        for callback in self.on_back:
            callback()

    async def _closed(self) -> None:
        self.broken.set()


def _command(subject: str, reply: str, data: bytes, headers: Mapping[str, str]) -> bytes:
    to = f"{subject} {reply}" if reply else subject
    if not headers:
        return b"PUB %b %d\r\n%b\r\n" % (to.encode(), len(data), data)
    block = _header_block(headers)
    return b"HPUB %b %d %d\r\n%b%b\r\n" % (to.encode(), len(block), len(block) + len(data), block, data)


def _header_block(headers: Mapping[str, str]) -> bytes:
    """Names are ours; a value with a line break would be read as another header.

    Raises:
        ValueError: there is one.
    """
    if any("\r" in value or "\n" in value for value in headers.values()):
        raise ValueError("a header value with a line break")
    return "".join(["NATS/1.0\r\n", *(f"{name}: {value}\r\n" for name, value in headers.items()), "\r\n"]).encode()
