"""Requests for streamed replies: one inbox per process, and one watch over all that are open."""

import asyncio

from chassis.bus.codec import encode_request
from chassis.bus.frames import CANCEL
from chassis.bus.incoming import IncomingStream, leads_to_owner
from chassis.bus.link import Send
from chassis.bus.tracing import asking
from chassis.bus.transport import Message
from chassis.clock import Clock
from contracts.envelope import Envelope
from contracts.errors import ErrorKind, Refusal
from contracts.identifiers import new_id
from contracts.table import AnyStream

STREAMS_MAX = 1024
LOOK_SECONDS = 0.25


class StreamCalls:
    """The reader's side of every stream of a process."""

    def __init__(self, send: Send, inbox: str, clock: Clock) -> None:
        self._send = send
        self._inbox = inbox
        self._clock = clock
        self._open: dict[str, IncomingStream] = {}
        self._left_early: dict[str, AnyStream] = {}
        self._watch: asyncio.TimerHandle | None = None

    async def open(self, stream: AnyStream, envelope: Envelope, body: bytes) -> IncomingStream:
        """Ask for a stream and wait until it is accepted.

        Raises:
            Refusal: refused, no answer in time, too many streams, or no bus.
        """
        if len(self._open) >= STREAMS_MAX:
            raise Refusal(ErrorKind.UNAVAILABLE, "too-many-streams", retry_after_seconds=2)
        token = new_id()
        reply = f"{self._inbox}.{token}"
        incoming = IncomingStream(stream, self._send, reply, lambda: self._open.pop(token, None))
        self._open[token] = incoming
        if self._watch is None:
            self._watch_on()
        headers: dict[str, str] = {}
        try:
            with asking("stream", stream.subject, headers):
                data = encode_request(envelope, body, stream.deadline_seconds, self._clock)
                self._send(stream.subject, data, reply, headers)
                await incoming.accepted(stream.deadline_seconds)
        except BaseException:
            await incoming.cancel()
            if not incoming.was_accepted:
                self._note_left_early(token, stream)
            raise
        return incoming

    def on_chunk(self, message: Message) -> None:
        """Hand a message to its reader; an acceptance that comes after its reader left is answered with a cancel."""
        token = message.subject.rsplit(".", 1)[-1]
        incoming = self._open.get(token)
        if incoming is not None:
            incoming.deliver(message)
            return
        stream = self._left_early.pop(token, None)
        if stream is not None and leads_to_owner(stream, message.reply):
            self._send(message.reply, CANCEL, "")

    def fail_all(self) -> None:
        """The bus is gone: every stream ends with an error."""
        self._left_early.clear()
        for incoming in list(self._open.values()):
            incoming.fail(Refusal(ErrorKind.UNAVAILABLE, "bus-down", retry_after_seconds=1))

    def close(self) -> None:
        """End the watch."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _note_left_early(self, token: str, stream: AnyStream) -> None:
        self._left_early[token] = stream
        while len(self._left_early) > STREAMS_MAX:
            del self._left_early[next(iter(self._left_early))]

    def _watch_on(self) -> None:
        self._watch = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._watch = None
        now = asyncio.get_running_loop().time()
        for incoming in list(self._open.values()):
            incoming.look(now)
        if self._open:
            self._watch_on()
