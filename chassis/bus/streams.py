"""Streamed replies: numbered chunks with credit, cancel and an explicit end.

The owner accepts with chunk 1 (empty), whose reply subject is where credit and cancel go. The next chunk states
the media type: once it is there, nothing refuses the request any more. Every data chunk spends one credit; the
reader grants more as it consumes, and at least every few seconds, so that the owner of a stream notices a
reader that is gone. That word is sent as a request: if the owner is gone, the server answers that nobody listens.
A gap in the numbers, or silence, is an error to the reader.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind

from chassis.bus.calls import Send, deadline_header
from chassis.bus.codec import encode_refusal, encode_request, raise_if_refused
from chassis.clock import Clock
from chassis.telemetry import Log, span
from contracts.envelope import HEADER_CONTENT_TYPE, HEADER_END, HEADER_SEQUENCE, Envelope
from contracts.errors import ErrorKind, Refusal
from contracts.identifiers import new_id
from contracts.table import Stream

WINDOW = 64
GRANT = WINDOW // 2
HEARTBEAT_SECONDS = 2.0
READER_GONE_SECONDS = 20.0
CHUNK_BYTES_MAX = 128 * 1024
STREAMS_MAX = 1024
CANCEL = b"cancel"

log = Log("streams")


@dataclass(frozen=True, slots=True)
class MediaType:
    """A stream's handler may yield this first, to say that it has begun and what the bytes will be.

    Without it, the first bytes begin the stream under the contract's media type.
    """

    name: str


class IncomingStream:
    """The reader's side: iterate over the chunks; leaving early cancels the work at the owner."""

    def __init__(self, stream: Stream, send: Send, reply: str) -> None:
        self._stream = stream
        self._send = send
        self._reply = reply
        # Bounded by the window: the owner may not send more than it has credit for.
        self._chunks: asyncio.Queue[Msg | Refusal] = asyncio.Queue(maxsize=WINDOW * 2)
        self._expected = 1
        self._consumed = 0
        self._control = ""
        self._ended = False
        self._first: Msg | None = None
        self._heartbeat: asyncio.Task[None] | None = None

    def deliver(self, item: Msg | Refusal) -> None:
        """Take a chunk from the bus; an owner that overruns its credit ends the stream."""
        if self._chunks.full():
            self._chunks.get_nowait()
            item = Refusal(ErrorKind.UPSTREAM_FAILED, "credit-overrun")
        self._chunks.put_nowait(item)

    async def accepted(self, seconds: float) -> None:
        """Wait for the owner's acceptance.

        Raises:
            Refusal: it refused, or did not answer in time.
        """
        first = await self._next(seconds)
        if not leads_to_owner(self._stream, first.reply):
            raise Refusal(ErrorKind.UPSTREAM_FAILED, "stream-control")
        self._control = first.reply
        self._heartbeat = asyncio.create_task(self._keep_alive())

    async def begun(self) -> str:
        """Wait until the owner has begun to answer; returns the media type.

        Raises:
            Refusal: it refused, or the stream broke.
        """
        if self._first is None:
            self._first = await self._next(self._stream.stall_seconds)
        return str((self._first.headers or {}).get(HEADER_CONTENT_TYPE, self._stream.media_type))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the chunks until the owner says that it is done.

        Raises:
            Refusal: an error end, a gap, silence beyond the contract's, or a lost bus.
        """
        try:
            await self.begun()
            message = self._first
            while message is not None:
                end = (message.headers or {}).get(HEADER_END)
                if message.data:
                    yield message.data
                if end is not None:
                    self._ended = True
                    if end != "ok":
                        raise Refusal(ErrorKind.UPSTREAM_FAILED, f"stream-{end}")
                    return
                await self._consume()
                message = await self._next(self._stream.stall_seconds)
        finally:
            await self.cancel()

    @property
    def was_accepted(self) -> bool:
        """Whether the owner can be told anything."""
        return bool(self._control)

    async def cancel(self) -> None:
        """Tell the owner to stop, unless the stream has ended; safe to repeat."""
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        if not self._ended and self._control:
            self._ended = True
            await self._tell(CANCEL)

    async def _next(self, seconds: float) -> Msg:
        try:
            async with asyncio.timeout(seconds):
                item = await self._chunks.get()
        except TimeoutError:
            raise Refusal(ErrorKind.TIMEOUT, "stream-stalled", retry_after_seconds=1) from None
        if isinstance(item, Refusal):
            self._ended = True
            raise item
        headers = item.headers or {}
        try:
            raise_if_refused(headers, item.data)
        except Refusal:
            self._ended = True
            raise
        if headers.get(HEADER_SEQUENCE) != str(self._expected):
            raise Refusal(ErrorKind.UPSTREAM_FAILED, "stream-gap")
        self._expected += 1
        return item

    async def _consume(self) -> None:
        self._consumed += 1
        if self._consumed % GRANT == 0:
            await self._tell(str(GRANT).encode())

    async def _keep_alive(self) -> None:
        while not self._ended:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self._tell(b"0", self._reply)

    async def _tell(self, word: bytes, reply: str = "") -> None:
        try:
            await self._send(self._control, word, reply, {})
        except Refusal:
            self._ended = True  # the bus is down: the owner cancels by itself


class StreamCalls:
    """The reader's side of every stream of a process."""

    def __init__(self, send: Send, inbox: str, clock: Clock) -> None:
        self._send = send
        self._inbox = inbox
        self._clock = clock
        self._open: dict[str, IncomingStream] = {}
        self._left_early: dict[str, Stream] = {}

    async def open(self, stream: Stream, envelope: Envelope, body: bytes) -> IncomingStream:
        """Ask for a stream and wait until it is accepted.

        Raises:
            Refusal: refused, no answer in time, too many streams, or no bus.
        """
        if len(self._open) >= STREAMS_MAX:
            raise Refusal(ErrorKind.UNAVAILABLE, "too-many-streams", retry_after_seconds=2)
        token = new_id()
        reply = f"{self._inbox}.{token}"
        incoming = _Tracked(stream, self._send, reply, self._open, token)
        self._open[token] = incoming
        headers = deadline_header(self._clock, stream.deadline_seconds)
        attributes = {"messaging.system": "nats", "messaging.destination.template": stream.subject}
        try:
            with span(f"stream {stream.subject}", SpanKind.CLIENT, attributes, inject=headers):
                data = encode_request(envelope, body)
                await self._send(stream.subject, data, reply, headers)
                await incoming.accepted(stream.deadline_seconds)
        except BaseException:
            await incoming.cancel()
            if not incoming.was_accepted:
                self._note_left_early(token, stream)
            raise
        return incoming

    def _note_left_early(self, token: str, stream: Stream) -> None:
        self._left_early[token] = stream
        while len(self._left_early) > STREAMS_MAX:
            del self._left_early[next(iter(self._left_early))]

    async def on_chunk(self, message: Msg) -> None:
        """Hand a chunk to its reader; an acceptance that comes after its reader left is answered with a cancel."""
        token = message.subject.rsplit(".", 1)[-1]
        incoming = self._open.get(token)
        if incoming is not None:
            incoming.deliver(message)
            return
        stream = self._left_early.pop(token, None)
        if stream is not None and leads_to_owner(stream, message.reply):
            await self._send(message.reply, CANCEL, "", {})

    def fail_all(self) -> None:
        """The bus is gone: every stream ends with an error."""
        self._left_early.clear()
        for incoming in list(self._open.values()):
            incoming.deliver(Refusal(ErrorKind.UNAVAILABLE, "bus-down", retry_after_seconds=1))


class _Tracked(IncomingStream):
    """An incoming stream that leaves its process's register when it ends."""

    def __init__(self, stream: Stream, send: Send, reply: str, register: dict[str, IncomingStream], token: str) -> None:
        super().__init__(stream, send, reply)
        self._register = register
        self._token = token

    async def cancel(self) -> None:
        self._register.pop(self._token, None)
        await super().cancel()


def leads_to_owner(stream: Stream, control: str) -> bool:
    """Whether words to the owner would reach it: an owner that names any other subject borrows our permissions."""
    return control.startswith(f"_INBOX.{stream.owner}.")


class OutgoingStream:
    """The owner's side: send chunks as credit allows; a cancel or a silent reader cancels the task."""

    def __init__(self, send: Send, reply: str, control: str, task: "asyncio.Task[None] | None") -> None:
        self._send = send
        self._reply = reply
        self._task = task
        self._control = control
        self._cancelled = False
        self._sequence = 0
        self._credit = WINDOW
        self._granted = asyncio.Event()
        self._last_word = asyncio.get_running_loop().time()

    async def accept(self) -> None:
        """Send chunk 1: from now on the reader can cancel."""
        await self._chunk(b"", {})

    async def begin(self, media_type: str) -> None:
        """State the media type: the request is not refused any more."""
        await self._chunk(b"", {HEADER_CONTENT_TYPE: media_type})

    async def write(self, data: bytes) -> None:
        """Send bytes, in pieces that fit the bus, as credit allows."""
        for start in range(0, len(data), CHUNK_BYTES_MAX):
            while self._credit <= 0:
                self._granted.clear()
                await self._granted.wait()
            self._credit -= 1
            await self._chunk(data[start : start + CHUNK_BYTES_MAX], {})

    async def end(self, how: str) -> None:
        """Say how it ended: ok or cancelled."""
        await self._chunk(b"", {HEADER_END: how})

    async def refuse(self, refusal: Refusal) -> None:
        """End with a refusal, before or after the first chunk."""
        headers, body = encode_refusal(refusal)
        await self._chunk(body, headers)

    def heard(self, word: bytes) -> None:
        """Credit, or cancel, from the reader."""
        self._last_word = asyncio.get_running_loop().time()
        if word == CANCEL:
            self.cancel()
        elif word.isdigit() and len(word) < len("1000"):
            self._credit = min(self._credit + int(word), WINDOW)
            self._granted.set()

    def cancel(self) -> None:
        """Stop the work, once: a second cancel would break off its tidying up."""
        if self._task is not None and not self._cancelled:
            self._cancelled = True
            self._task.cancel()

    @property
    def silent_seconds(self) -> float:
        """For how long the reader has not been heard."""
        return asyncio.get_running_loop().time() - self._last_word

    async def _chunk(self, data: bytes, headers: dict[str, str]) -> None:
        self._sequence += 1
        await self._send(self._reply, data, self._control, {HEADER_SEQUENCE: str(self._sequence), **headers})


class OutgoingStreams:
    """The owner's side of every stream of a process, with a watch for readers that are gone."""

    def __init__(self, send: Send, inbox: str) -> None:
        self._send = send
        self._inbox = inbox
        self._open: dict[str, OutgoingStream] = {}
        self._watch: asyncio.Task[None] | None = None

    @contextmanager
    def begin(self, reply: str) -> Iterator[OutgoingStream]:
        """Register a stream of the current task for the time of a `with` block."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._cancel_abandoned())
        token = new_id()
        stream = OutgoingStream(self._send, reply, f"{self._inbox}.{token}", asyncio.current_task())
        self._open[token] = stream
        try:
            yield stream
        finally:
            del self._open[token]

    async def on_control(self, message: Msg) -> None:
        """Hand credit or cancel to its stream."""
        stream = self._open.get(message.subject.rsplit(".", 1)[-1])
        if stream is not None:
            stream.heard(message.data)

    def close(self) -> None:
        """End the watch."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def cancel_all(self) -> None:
        """The bus is gone: no reader can be reached."""
        for stream in list(self._open.values()):
            stream.cancel()

    async def _cancel_abandoned(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for stream in list(self._open.values()):
                if stream.silent_seconds > READER_GONE_SECONDS:
                    log.warning("reader gone, stream cancelled")
                    stream.cancel()
