"""One connection to one NATS account: calls out, endpoints in, signals, and what happens when the server is gone.

nats-py would let a call wait out its deadline when the server dies, and buffer what is sent meanwhile; here a
lost connection fails every pending call and stream at once, and sending fails at once until it is back.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import BaseModel

from chassis.bus.calls import Answer, Calls
from chassis.bus.codec import MESSAGE_BYTES_MAX
from chassis.bus.serving import Endpoints, hear
from chassis.bus.streams import IncomingStream, MediaType, OutgoingStreams, StreamCalls
from chassis.clock import Clock
from chassis.telemetry import Log
from contracts.envelope import Caller, Envelope
from contracts.errors import ErrorKind, Refusal
from contracts.identifiers import new_id
from contracts.table import Account, Call, Event, Stream

RequestModel = TypeVar("RequestModel", bound=BaseModel)
ReplyModel = TypeVar("ReplyModel", bound=BaseModel)
Handler = Callable[[RequestModel, Caller], Awaitable[ReplyModel | Answer]]
StreamHandler = Callable[[RequestModel, Caller], AsyncIterator[bytes | MediaType]]
SignalHandler = Callable[[RequestModel], Awaitable[None]]

CONNECT_SECONDS = 5
PING_SECONDS = 5
RECONNECT_SECONDS = 0.25
CONCURRENT_REQUESTS_MAX = 256

log = Log("bus")


class Bus:
    """A service's connection to one account.

    `on_lost` and `on_back` are called when the server is gone and when it is back; `on_broken` when the
    connection can never work again (closed, or a permission is missing): the process should end then.
    """

    def __init__(self, service: str, clock: Clock, account: Account = Account.APP) -> None:
        self.service = service
        self.account = account
        instance = new_id()
        self.inbox = f"_INBOX.{service}.{instance}"
        self._nats = Client()
        self._calls = Calls(self._send, f"{self.inbox}.r", clock)
        self._streams = StreamCalls(self._send, f"{self.inbox}.c", clock)
        self._outgoing = OutgoingStreams(self._send, f"{self.inbox}.s")
        self._endpoints = Endpoints(self._send, self._outgoing, clock, CONCURRENT_REQUESTS_MAX)
        self._own = Caller(service=service)
        self._signal_tasks: set[asyncio.Task[None]] = set()
        self.on_lost: list[Callable[[], None]] = []
        self.on_back: list[Callable[[], None]] = []
        self.broken = asyncio.Event()
        self._closing = False

    @property
    def connected(self) -> bool:
        """Whether the server answers now."""
        return bool(self._nats.is_connected)

    @property
    def client(self) -> Client:
        """The nats-py client, for JetStream."""
        return self._nats

    async def open(self, url: str, seed: str) -> None:
        """Connect, keep trying for ever, and listen for replies."""
        await self._nats.connect(
            servers=[url],
            nkeys_seed_str=seed,
            name=self.service,
            inbox_prefix=f"{self.inbox}.js",
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
        await self._nats.subscribe(f"{self.inbox}.r.*", cb=self._calls.on_reply)
        await self._nats.subscribe(f"{self.inbox}.c.*", cb=self._streams.on_chunk)
        await self._nats.subscribe(f"{self.inbox}.s.*", cb=self._outgoing.on_control)
        await self._nats.flush(CONNECT_SECONDS)

    async def close(self) -> None:
        """Stop taking requests, finish those at work, close."""
        self._closing = True
        await self._endpoints.drain()
        self._outgoing.close()
        for task in list(self._signal_tasks):
            task.cancel()
        if not self._nats.is_closed:
            await self._nats.close()

    async def call(self, call: Call, request: BaseModel, caller: Caller | None = None) -> BaseModel:
        """Ask, as this service or on a person's behalf.

        Raises:
            Refusal: the owner refused, nobody answered in time, or the bus is down.
        """
        answer = await self.request(call, Envelope(caller=caller or self._own), request.model_dump_json().encode())
        return call.reply.model_validate_json(answer.body)

    async def request(self, call: Call, envelope: Envelope, body: bytes) -> Answer:
        """Like `call`, with bytes in and out.

        Raises:
            Refusal: as `call`.
        """
        return await self._calls.request(call, envelope, body)

    async def stream(self, stream: Stream, envelope: Envelope, body: bytes) -> IncomingStream:
        """Ask for a streamed reply; returns when the owner has accepted.

        Raises:
            Refusal: as `call`.
        """
        return await self._streams.open(stream, envelope, body)

    async def serve(self, call: Call, handler: Handler[RequestModel, ReplyModel]) -> None:
        """Answer a call that this service owns, as one of its queue group."""
        await self._nats.subscribe(call.subject, queue=call.owner, cb=self._endpoints.answering(call, handler))

    async def serve_stream(self, stream: Stream, handler: StreamHandler[RequestModel]) -> None:
        """Answer a call with a stream of chunks."""
        await self._nats.subscribe(stream.subject, queue=stream.owner, cb=self._endpoints.streaming(stream, handler))

    async def serving(self) -> None:
        """Wait until the server knows every subscription: only then is the service ready.

        Twice, since nats-py writes a PING ahead of the commands that still wait in its buffer: the first round
        trip empties the buffer, the second one shows that the server has read it.
        """
        await self._nats.flush(CONNECT_SECONDS)
        await self._nats.flush(CONNECT_SECONDS)

    async def signal(self, event: Event, message: BaseModel) -> None:
        """Tell whoever listens now.

        Raises:
            Refusal: the bus is down.
        """
        await self._send(event.subject, message.model_dump_json().encode(), "", {})

    async def listen(self, event: Event, handler: SignalHandler[RequestModel]) -> None:
        """Hear a signal; a message that does not fit is dropped with a log line."""

        async def received(message: Msg) -> None:
            task = asyncio.create_task(hear(event, handler, message.data))
            self._signal_tasks.add(task)
            task.add_done_callback(self._signal_tasks.discard)

        await self._nats.subscribe(event.subject, queue=self.service if event.shared else "", cb=received)

    async def _send(self, subject: str, data: bytes, reply: str, headers: dict[str, str]) -> None:
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
            log.failure("permission missing on the bus", service=self.service)
            self.broken.set()
        else:
            log.warning("bus error", error=error)

    async def _lost(self) -> None:
        if not self._closing:
            log.warning("bus lost")
        self._calls.fail_all()
        self._streams.fail_all()
        self._outgoing.cancel_all()
        for callback in self.on_lost:
            callback()

    async def _back(self) -> None:
        log.info("bus back")
        for callback in self.on_back:
            callback()

    async def _closed(self) -> None:
        self.broken.set()
