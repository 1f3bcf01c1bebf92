"""Durable consumers: fetch, handle, acknowledge; what fails is delivered again, later and later, for ever.

A handler's failure is no reason to give up: an erasure that is dropped would be a broken promise. Only a message
that does not fit its contract, and so can never be handled, is ended (`term`), once a dead letter says where it
lies: `dlq.<service>.<durable>` in the stream DLQ, with stream and sequence; the message itself stays in its stream.
A handler must be idempotent.
"""

import asyncio
from collections.abc import Awaitable, Callable

import nats.errors
import orjson
from nats.aio.msg import Msg
from nats.js.client import JetStreamContext
from pydantic import BaseModel

from chassis.bus.codec import parse
from chassis.bus.connection import Bus
from chassis.bus.tracing import consuming
from chassis.metrics import DEAD_LETTERS
from chassis.telemetry import Log
from contracts.derive.streams import dead_letter_subject, durable_name, stream_of
from contracts.errors import Refusal
from contracts.table import AnyEvent

CONCURRENT_MAX = 16
# Longer is not cheaper by much; and if the server that leads the consumer dies while ours lives on, the fetch that it
# held is lost for so long without a word.
FETCH_SECONDS = 15.0
IDLE_AFTER_ERROR_SECONDS = 0.5
PROGRESS_SECONDS = 2.0
RETRY_FIRST_SECONDS, RETRY_SOON_SECONDS, RETRY_LATE_SECONDS = 0.25, 4.0, 60.0
LATE_AFTER_DELIVERIES = 100
PUBLISH_SECONDS = 5.0

log = Log("consumer")


class DurableConsumer:
    """Reads one event for one durable name; several messages are handled side by side.

    The handler gets the message and, of an event per holder, the holder on whose subject it was published.
    """

    def __init__(self, bus: Bus, event: AnyEvent, consumer: str, handler: Callable[..., Awaitable[None]]) -> None:
        self._bus = bus
        self._event = event
        self._handler = handler
        self._stream = stream_of(event)
        self._durable = durable_name(event, consumer)
        self._subscription: JetStreamContext.PullSubscription | None = None
        self._patience: asyncio.Timeout | None = None

    async def run(self) -> None:
        """Consume until cancelled, or until the connection is closed for good."""
        self._bus.events.on_back.append(self._fetch_again)
        room = asyncio.Semaphore(CONCURRENT_MAX)
        async with asyncio.TaskGroup() as handling:
            while not self._bus.events.is_closed:
                await room.acquire()
                message = await self._next()
                if message is None:
                    room.release()
                    continue
                task = handling.create_task(self._handle(message))
                task.add_done_callback(lambda _: room.release())

    async def _next(self) -> Msg | None:
        """The next message, if one comes within `FETCH_SECONDS`.

        One at a time: nats-py keeps a larger fetch waiting for the rest until its time is over.
        """
        try:
            if self._subscription is None:
                jetstream = self._bus.events.client.jetstream(timeout=PUBLISH_SECONDS)
                bind = jetstream.pull_subscribe_bind
                self._subscription = await bind(consumer=self._durable, stream=self._stream)
            (message,) = await self._fetch(self._subscription)
        except TimeoutError:
            return None  # nothing came; nats-py raises the plain one at times
        except (nats.errors.Error, ConnectionError) as error:
            if not self._bus.events.is_closed:
                log.warning("fetch failed", error=error, consumer=self._durable)
            await asyncio.sleep(IDLE_AFTER_ERROR_SECONDS)
            return None
        return message

    async def _fetch(self, subscription: JetStreamContext.PullSubscription) -> list[Msg]:
        try:
            async with asyncio.timeout(None) as self._patience:
                return await subscription.fetch(1, timeout=FETCH_SECONDS)
        finally:
            self._patience = None

    def _fetch_again(self) -> None:
        """The server that held the fetch under way is gone, or has forgotten it with our old connection."""
        patience, self._patience = self._patience, None
        if patience is not None:
            patience.reschedule(0.0)

    async def _handle(self, message: Msg) -> None:
        progress = asyncio.create_task(_in_progress(message))
        try:
            event = self._read(message)
            if event is None:
                await self._put_aside(message)
            elif await self._handled(event, message):
                await message.ack_sync(timeout=PUBLISH_SECONDS)
            else:
                await message.nak(delay=retry_delay_seconds(message.metadata.num_delivered or 1))
        except (nats.errors.Error, TimeoutError) as error:
            log.warning("delivery not answered", error=error, consumer=self._durable)
        finally:
            progress.cancel()

    def _read(self, message: Msg) -> BaseModel | None:
        try:
            return parse(self._event.model, {}, message.data)
        except Refusal:
            return None

    async def _put_aside(self, message: Msg) -> None:
        """End a message that nobody can read; if its dead letter is not stored, it comes again like any other."""
        place = message.metadata
        sequence = place.sequence.stream
        letter = orjson.dumps({"stream": place.stream, "sequence": sequence, "subject": message.subject})
        aside = dead_letter_subject(self._bus.service, self._durable)
        await publish_durably(self._bus, aside, letter, f"{aside}.{place.stream}.{sequence}")
        log.failure("message put aside", consumer=self._durable, stream=place.stream, sequence=sequence)
        DEAD_LETTERS.add(consumer=self._durable)
        await message.term()

    async def _handled(self, event: BaseModel, message: Msg) -> bool:
        """Whether the handler is done with it; if not, it comes again."""
        attempt = message.metadata.num_delivered
        try:
            with consuming(self._event.subject, self._durable, message.headers):
                await self._handler(event, *self._holder_of(message))
        except Refusal as refusal:
            log.info("delivery postponed", consumer=self._durable, kind=refusal.kind.value, attempt=attempt)
            return False
        except Exception as error:
            # The loop must outlive any bug of a handler; the message comes again.
            log.failure("handler failed", error=error, consumer=self._durable, attempt=attempt)
            return False
        return True

    def _holder_of(self, message: Msg) -> tuple[str, ...]:
        """The holder whose subject it was: permissions let nobody else publish there."""
        return (message.subject.removeprefix(f"{self._event.subject}."),) if self._event.per_holder else ()


def retry_delay_seconds(deliveries: int) -> float:
    """How long to wait before the next delivery: soon at first, once a minute after a hundred."""
    if deliveries > LATE_AFTER_DELIVERIES:
        return RETRY_LATE_SECONDS
    return min(RETRY_FIRST_SECONDS * float(1 << min(deliveries - 1, 10)), RETRY_SOON_SECONDS)


async def _in_progress(message: Msg) -> None:
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        await message.in_progress()


async def publish_durably(bus: Bus, subject: str, payload: bytes, message_id: str) -> None:
    """Publish to JetStream and wait for its acknowledgement; the same id twice is stored once.

    Raises:
        nats.errors.Error, TimeoutError: not stored, as far as we know; try again.
    """
    jetstream = bus.events.client.jetstream(timeout=PUBLISH_SECONDS)
    if not bus.events.connected:
        raise nats.errors.ConnectionClosedError
    await jetstream.publish(subject, payload, headers={"Nats-Msg-Id": message_id}, timeout=PUBLISH_SECONDS)
