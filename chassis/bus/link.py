"""One connection to one NATS account: keeps itself up for ever, and says when it is lost, back or of no more use.

nats-py buffers what is published while the server is away and sends it minutes later; here sending fails at once.
"""

import asyncio
from collections.abc import Callable

import nats
from nats.aio.client import Client

from chassis.bus.codec import MESSAGE_BYTES_MAX
from chassis.telemetry import Log
from contracts.errors import ErrorKind, Refusal

CONNECT_SECONDS = 5
PING_SECONDS = 5
RECONNECT_SECONDS = 0.25

log = Log("bus")


class Link:
    """A service's connection to one account, by that account's key.

    `on_lost` and `on_back` are called when the server is gone and when it is back. `broken` is set when the
    connection can never do its work (closed for good, or a permission is missing); the process should end then.
    """

    def __init__(self, service: str, account: str, inbox: str) -> None:
        self.account = account
        self._service = service
        self._inbox = inbox
        self._nats = Client()
        self._closing = False
        self.on_lost: list[Callable[[], None]] = []
        self.on_back: list[Callable[[], None]] = []
        self.broken = asyncio.Event()

    @property
    def client(self) -> Client:
        """The nats-py client, to subscribe and for JetStream."""
        return self._nats

    @property
    def connected(self) -> bool:
        """Whether the server answers now."""
        return bool(self._nats.is_connected)

    @property
    def is_closed(self) -> bool:
        """Whether it is closed for good."""
        return bool(self._nats.is_closed)

    async def open(self, url: str, seed: str) -> None:
        """Connect; while no server answers, keep trying for ever."""
        await self._nats.connect(
            servers=[url],
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

    async def close(self) -> None:
        """Close for good; safe to repeat, and before it was open."""
        self._closing = True
        if not self._nats.is_closed:
            await self._nats.close()

    async def settled(self) -> None:
        """Wait until the server has read all that was sent.

        Twice, since nats-py writes a PING ahead of the commands that still wait in its buffer: the first round
        trip empties the buffer, the second one shows that the server has read it.
        """
        await self._nats.flush(CONNECT_SECONDS)
        await self._nats.flush(CONNECT_SECONDS)

    async def send(self, subject: str, data: bytes, reply: str, headers: dict[str, str]) -> None:
        """Publish.

        Raises:
            Refusal: UNAVAILABLE without a server, TOO_LARGE beyond what the server takes.
        """
        if not self._nats.is_connected:
            raise Refusal(ErrorKind.UNAVAILABLE, "bus-down", retry_after_seconds=1)
        if len(data) > MESSAGE_BYTES_MAX:
            raise Refusal(ErrorKind.TOO_LARGE, "message", limit_bytes=MESSAGE_BYTES_MAX)
        try:
            await self._nats.publish(subject, data, reply=reply, headers=headers or None)
        except nats.errors.Error as error:
            raise Refusal(ErrorKind.UNAVAILABLE, "bus-down", retry_after_seconds=1) from error

    async def _error(self, error: Exception) -> None:
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
