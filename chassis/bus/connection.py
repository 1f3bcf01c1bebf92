"""A service on the bus: calls out, endpoints in, signals, durable events, and what happens when the server is gone.

nats-py would let a call wait out its deadline when the server dies; here a lost connection fails every pending call
and stream at once.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from pydantic import BaseModel

from chassis.bus.calls import Answer, Calls
from chassis.bus.incoming import IncomingStream
from chassis.bus.link import CONNECT_SECONDS, Link
from chassis.bus.outgoing import OutgoingStreams
from chassis.bus.reading_again import stored
from chassis.bus.serving import Endpoints, MediaType, hear
from chassis.bus.stream_calls import StreamCalls
from chassis.clock import Clock
from chassis.nats_servers import NatsServers
from contracts.envelope import Caller, Envelope
from contracts.identifiers import new_id
from contracts.table import Account, AnyCall, AnyStream, Call, Event, Stream

RequestModel = TypeVar("RequestModel", bound=BaseModel)
ReplyModel = TypeVar("ReplyModel", bound=BaseModel)
Handler = Callable[[RequestModel, Caller], Awaitable[ReplyModel | Answer]]
StreamHandler = Callable[[RequestModel, Caller], AsyncIterator[bytes | MediaType]]
SignalHandler = Callable[[RequestModel], Awaitable[None]]

CONCURRENT_REQUESTS_MAX = 256
SIGNALS_AT_ONCE_MAX = 32
SIGNALS_WAITING_MAX = 8192  # beyond that nats-py drops the newest and reports it


class Bus:
    """A service's calls, streams and signals in one account, and its durable events in an account of its own.

    `on_lost` and `on_back` are called when the server is gone and when it is back. `broken` is set when a
    connection can never work again (closed, or a permission is missing): the process should end then.
    """

    def __init__(self, service: str, clock: Clock, account: Account = Account.APP) -> None:
        self.service = service
        self.account = account
        instance = new_id()
        self.inbox = f"_INBOX.{service}.{instance}"
        self._link = Link(service, account, self.inbox)
        self._events = Link(service, Account.EVENTS, self.inbox)
        self._events.broken = self._link.broken
        self._events_wanted = False
        self._calls = Calls(self._link.send, f"{self.inbox}.r", clock)
        self._streams = StreamCalls(self._link.send, f"{self.inbox}.c", clock)
        self._outgoing = OutgoingStreams(self._link, f"{self.inbox}.s")
        self._endpoints = Endpoints(self._link.send, self._outgoing, clock, CONCURRENT_REQUESTS_MAX)
        self._own = Caller(service=service)
        self._signal_tasks: set[asyncio.Task[None]] = set()
        self._shared: list[Subscription] = []
        self._unshared: list[Subscription] = []
        self._link.on_lost += [self._calls.fail_all, self._streams.fail_all, self._outgoing.cancel_all]

    @property
    def on_lost(self) -> list[Callable[[], None]]:
        """Called when the server is gone."""
        return self._link.on_lost

    @property
    def on_back(self) -> list[Callable[[], None]]:
        """Called when the server is back."""
        return self._link.on_back

    @property
    def broken(self) -> asyncio.Event:
        """Set when this bus can never work again."""
        return self._link.broken

    @property
    def connected(self) -> bool:
        """Whether the server answers now."""
        return self._link.connected and (self._events.connected or not self._events_wanted)

    @property
    def events(self) -> Link:
        """The connection for durable events: JetStream answers there, and only there."""
        return self._events

    async def open(self, servers: NatsServers, seed: str, events_seed: str = "") -> None:
        """Connect, keep trying for ever, and listen for replies; `events_seed` opens the way to durable events."""
        await self._link.open(servers, seed)
        if events_seed:
            self._events_wanted = True
            await self._events.open(servers, events_seed)
        await self._link.subscribe(f"{self.inbox}.r.*", self._calls.on_reply)
        await self._link.subscribe(f"{self.inbox}.c.*", self._streams.on_chunk)
        await self._link.subscribe(f"{self.inbox}.s.*", self._outgoing.on_control)
        await self._link.client.flush(CONNECT_SECONDS)

    async def stored(self, event: Event[RequestModel]) -> AsyncIterator[RequestModel]:
        """All that is kept of an event of our own that has a stream of its own (`kept_in`), oldest first.

        Raises:
            Refusal: UNAVAILABLE, if the server does not answer or is gone meanwhile.
        """
        async for payload in stored(self._events, self.inbox, event):
            yield event.model.model_validate_json(payload)

    async def unsubscribe(self) -> None:
        """Let requests and shared signals go to other replicas; what has arrived is still taken up.

        What every replica hears goes on until `stop_listening`: a text under way ends with its session or consent.
        """
        await self._leave(self._shared)

    async def stop_listening(self) -> None:
        """Hear no more signals."""
        await self._leave(self._unshared)

    async def _leave(self, subscriptions: list[Subscription]) -> None:
        if not subscriptions:
            return
        for subscription in subscriptions:
            await self._link.client._send_unsubscribe(subscription._id)  # noqa: SLF001 — its own drain does not wait
        await self._link.settled()
        for subscription in subscriptions:
            await subscription.drain()  # type: ignore[no-untyped-call]
        subscriptions.clear()

    async def drain(self, seconds: float) -> None:
        """Wait until the requests at work are answered; after so many seconds they are cancelled."""
        await self._endpoints.drain(seconds)

    async def close(self) -> None:
        """Close for good. Requests that are still at work are cancelled."""
        await self._endpoints.drain(0)
        self._outgoing.close()
        self._streams.close()
        for task in list(self._signal_tasks):
            task.cancel()
        await self._link.close()
        if self._events_wanted:
            await self._events.close()

    async def call(
        self, call: Call[RequestModel, ReplyModel], request: RequestModel, caller: Caller | None = None
    ) -> ReplyModel:
        """Ask, as this service or on a person's behalf; returns the contract's reply, validated.

        Raises:
            Refusal: the owner refused, nobody answered in time, or the bus is down.
        """
        answer = await self.request(call, Envelope(caller=caller or self._own), request.model_dump_json().encode())
        return call.reply.model_validate_json(answer.body)

    async def request(self, call: AnyCall, envelope: Envelope, body: bytes) -> Answer:
        """Like `call`, with bytes in and out.

        Raises:
            Refusal: as `call`.
        """
        return await self._calls.request(call, envelope, body)

    async def stream(self, stream: AnyStream, envelope: Envelope, body: bytes) -> IncomingStream:
        """Ask for a streamed reply; returns when the owner has accepted.

        Raises:
            Refusal: as `call`.
        """
        return await self._streams.open(stream, envelope, body)

    async def serve(self, call: Call[RequestModel, ReplyModel], handler: Handler[RequestModel, ReplyModel]) -> None:
        """Answer a call that this service owns, as one of its queue group."""
        received = self._endpoints.answering(call, handler)
        self._shared.append(await self._link.subscribe(call.subject, received, call.owner))

    async def serve_stream(self, stream: Stream[RequestModel, BaseModel], handler: StreamHandler[RequestModel]) -> None:
        """Answer a call with a stream of chunks."""
        received = self._endpoints.streaming(stream, handler)
        self._shared.append(await self._link.subscribe(stream.subject, received, stream.owner))

    async def serving(self) -> None:
        """Wait until the server knows every subscription: only then is the service ready."""
        await self._link.settled()

    async def signal(self, event: Event[RequestModel], message: RequestModel) -> None:
        """Tell whoever listens now.

        Raises:
            Refusal: the bus is down.
        """
        self._link.send(event.subject, message.model_dump_json().encode(), "")

    async def listen(self, event: Event[RequestModel], handler: SignalHandler[RequestModel]) -> None:
        """Hear a signal; a message that does not fit is dropped with a log line."""
        room = asyncio.Semaphore(SIGNALS_AT_ONCE_MAX)

        async def received(message: Msg) -> None:
            await room.acquire()
            task = asyncio.create_task(hear(event, handler, message.data))
            self._signal_tasks.add(task)
            task.add_done_callback(self._signal_tasks.discard)
            task.add_done_callback(lambda _: room.release())

        queue = self.service if event.shared else ""
        subscribe = self._link.client.subscribe
        subscription = await subscribe(event.subject, queue=queue, cb=received, pending_msgs_limit=SIGNALS_WAITING_MAX)
        (self._shared if queue else self._unshared).append(subscription)
