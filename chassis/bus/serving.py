"""Endpoints: each request runs as its own task with a limit; whatever happens, the caller gets an answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from chassis.bus.arrivals import Arrivals
from chassis.bus.calls import Answer
from chassis.bus.codec import MESSAGE_BYTES_MAX, decode_request, encode_refusal, parse
from chassis.bus.frames import Flag
from chassis.bus.link import Send
from chassis.bus.outgoing import OutgoingStream, OutgoingStreams
from chassis.bus.tracing import answering
from chassis.bus.transport import Message, MessageHandler
from chassis.clock import Clock
from chassis.database import is_away
from chassis.tasks import end_all
from chassis.telemetry import Log
from contracts.envelope import Caller, Envelope
from contracts.errors import ErrorKind, Refusal
from contracts.table import Account, AnyCall, AnyEvent, AnyStream


@dataclass(frozen=True, slots=True)
class MediaType:
    """A stream's handler may yield this first, to say that it has begun and what the bytes will be.

    Without it, the first bytes begin the stream under the contract's media type.
    """

    name: str


log = Log("endpoints")

AnyHandler = Callable[[Any, Caller], Awaitable[Any]]
AnyStreamHandler = Callable[[Any, Caller], AsyncIterator[bytes | MediaType]]


class Endpoints:
    """What a service answers. Beyond `concurrent_max` at work, it refuses at once instead of queueing."""

    def __init__(self, send: Send, outgoing: OutgoingStreams, clock: Clock, concurrent_max: int) -> None:
        self._send = send
        self._outgoing = outgoing
        self._clock = clock
        self._concurrent_max = concurrent_max
        self._arrivals = Arrivals()
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining = False

    def answering(self, call: AnyCall, handler: AnyHandler) -> MessageHandler:
        """Make the subscription callback for a call with one reply."""

        def received(message: Message) -> None:
            self._start(call, message, lambda: self._answer(call, handler, message))

        return received

    def streaming(self, stream: AnyStream, handler: AnyStreamHandler) -> MessageHandler:
        """Make the subscription callback for a call with a streamed reply."""

        def received(message: Message) -> None:
            self._start(stream, message, lambda: self._stream(stream, handler, message))

        return received

    async def drain(self, seconds: float) -> None:
        """Refuse what comes now, give what is at work so many seconds, then cancel it."""
        self._draining = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        await end_all(self._tasks)

    def _start(self, call: AnyCall, message: Message, work: Callable[[], Awaitable[None]]) -> None:
        if not fits(call, message):
            log.failure("message does not fit its contract", subject=call.subject)
            return
        if self._draining or len(self._tasks) >= self._concurrent_max:
            refusal = Refusal(ErrorKind.UNAVAILABLE, "busy", retry_after_seconds=1)
            headers, body = encode_refusal(refusal)
            self._send(message.reply, body, "", headers)
            return
        task = asyncio.ensure_future(guarded(call, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, call: AnyCall, handler: AnyHandler, message: Message) -> None:
        headers: dict[str, str] = {}
        time = asyncio.get_running_loop().time
        began = time()
        try:
            answer = await self._handled(call, handler, message)
            body, headers = answer.body, answer.headers
        except Refusal as refusal:
            headers, body = encode_refusal(refusal)
        if time() - began > call.deadline_seconds:
            log.warning("answered too late", subject=call.subject, seconds=round(time() - began, 1))
        if len(body) > MESSAGE_BYTES_MAX:
            log.failure("answer too large", subject=call.subject, bytes=len(body))
            headers, body = encode_refusal(Refusal(ErrorKind.INTERNAL, "answer-too-large"))
        self._send(message.reply, body, "", headers)

    async def _handled(self, call: AnyCall, handler: AnyHandler, message: Message) -> Answer:
        envelope, body = self._accepted(message)
        with answering(call.subject, message.headers):
            try:
                request = parse(call.request, envelope.parameters, body)
                reply = await handler(request, envelope.caller)
                return reply if isinstance(reply, Answer) else Answer(reply.model_dump_json().encode())
            except Refusal:
                raise
            except Exception as error:
                # The edge of every handler: a bug becomes a refusal for the caller and a log line for us.
                log.failure("endpoint failed", error=error, subject=call.subject)
                raise refusal_of(error) from None

    async def _stream(self, stream: AnyStream, handler: AnyStreamHandler, message: Message) -> None:
        with self._outgoing.begin(message.reply) as outgoing:
            try:
                envelope, body = self._accepted(message)
                with answering(stream.subject, message.headers):
                    stored = stream.account is not Account.CONTENT  # what travels there is kept nowhere
                    request = parse(stream.request, envelope.parameters, body, stored=stored)
                    await _pump(stream, handler(request, envelope.caller), outgoing)
            except Refusal as refusal:
                outgoing.refuse(refusal)
            except asyncio.CancelledError:
                outgoing.end(Flag.CANCELLED)
                raise
            except Exception as error:
                # As in _handled: the edge of every handler.
                log.failure("stream failed", error=error, subject=stream.subject)
                outgoing.refuse(refusal_of(error))

    def _accepted(self, message: Message) -> tuple[Envelope, bytes]:
        """Take a request apart, if its caller still waits and is who it says."""
        envelope, body = decode_request(message.data)
        if envelope.caller.service != message.reply.split(".", 2)[1]:
            raise Refusal(ErrorKind.FORBIDDEN, "caller")
        if envelope.within_ms:
            difference = (self._clock.unix_milliseconds() - envelope.sent_ms) / 1000
            now = asyncio.get_running_loop().time()
            if self._arrivals.age_seconds(message.reply, difference, now) * 1000 > envelope.within_ms:
                log.warning("request came too late", subject=message.subject)
                raise Refusal(ErrorKind.TIMEOUT, "too-late", retry_after_seconds=1)
        return envelope, body


def refusal_of(error: Exception) -> Refusal:
    """What a caller is told of an error that no handler foresaw."""
    if is_away(error):
        return Refusal(ErrorKind.UNAVAILABLE, "database", retry_after_seconds=2)
    return Refusal(ErrorKind.INTERNAL)


async def _pump(stream: AnyStream, chunks: AsyncIterator[bytes | MediaType], outgoing: OutgoingStream) -> None:
    """Accept at once, so that the reader can cancel before the first byte; then pass the chunks on."""
    outgoing.accept()
    begun = False
    try:
        async for chunk in chunks:
            if not begun:
                begun = True
                outgoing.begin(chunk.name if isinstance(chunk, MediaType) else stream.media_type)
            if isinstance(chunk, bytes):
                await outgoing.write(chunk)
    finally:
        close = getattr(chunks, "aclose", None)
        if close is not None:
            await close()
    outgoing.end(Flag.END)


def fits(call: AnyCall, message: Message) -> bool:
    """Whether the server delivered what was subscribed to, with a reply inbox of a known caller.

    A consumer's fetch may name any subject as its reply and so make the server deliver stream messages here;
    those carry another subject and a reply of $JS.ACK.
    """
    root, _, rest = message.reply.partition(".")
    caller = rest.partition(".")[0]
    return message.subject == call.subject and root == "_INBOX" and caller in call.callers


async def guarded(call: AnyCall, work: Callable[[], Awaitable[None]]) -> None:
    """Run a request's work; an answer that cannot be sent (bus lost, cancelled) ends quietly."""
    try:
        await work()
    except Refusal as refusal:
        log.warning("answer not sent", subject=call.subject, kind=refusal.kind.value)
    except asyncio.CancelledError:
        log.info("request cancelled", subject=call.subject)
    except Exception as error:
        # Nobody awaits this task: what it raised would be lost.
        log.failure("endpoint failed", error=error, subject=call.subject)


async def hear(event: AnyEvent, handler: Callable[[Any], Awaitable[None]], data: bytes) -> None:
    """Handle a signal; one that does not fit, or a handler's bug, is a log line."""
    try:
        await handler(parse(event.model, {}, data))
    except Refusal as refusal:
        log.warning("signal not handled", error=refusal, signal=event.subject, kind=refusal.kind.value)
    except Exception as error:
        # As above: nobody awaits it.
        log.failure("signal not handled", error=error, signal=event.subject)
