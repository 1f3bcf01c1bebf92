"""The reader's side of streamed replies: wait, read, cancel; one watch per process for silence.

The owner's first message is its acceptance; its reply subject is where credit and cancel go. The media type comes
with it or later: once it is there, nothing refuses the request any more. Every chunk spends one credit; the reader
grants more as it consumes, and says at least every few seconds that it is there, so that the owner of a stream
notices a reader that is gone. That word is sent as a request: if the owner is gone, the server answers that nobody
listens. A gap in the numbers, or silence, is an error to the reader.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

from chassis.bus.codec import raise_if_refused, refusal_from_bytes
from chassis.bus.frames import ALIVE, CANCEL, GRANT, HEARTBEAT_SECONDS, WINDOW, Flag, Frame, decode_frame
from chassis.bus.link import Send
from chassis.bus.transport import Message
from contracts.errors import ErrorKind, Refusal
from contracts.table import AnyStream


class IncomingStream:
    """One streamed reply: iterate over its bytes; leaving early cancels the work at the owner."""

    def __init__(self, stream: AnyStream, send: Send, reply: str, forget: Callable[[], object]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stream = stream
        self._send = send
        self._reply = reply
        self._forget = forget
        self._parts: list[bytes] = []
        self._unread = 0
        self._consumed = 0
        self._sequence = 0
        self._control = ""
        self._media_type = ""
        self._failure: Refusal | None = None
        self._ended = False
        self._waiter: asyncio.Future[None] | None = None
        self._give_up_at = 0.0
        self._told_at = self._loop.time()

    async def accepted(self, seconds: float) -> None:
        """Wait for the owner's acceptance.

        Raises:
            Refusal: it refused, or did not answer in time.
        """
        while not self._control:
            await self._more(seconds)

    async def begun(self) -> str:
        """Wait until the owner has begun to answer; returns the media type.

        Raises:
            Refusal: it refused, or the stream broke.
        """
        while not self._media_type:
            if self._ended and self._failure is None:
                return self._stream.media_type
            await self._more(self._stream.stall_seconds)
        return self._media_type

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield what has come until the owner says that it is done; what waits comes as one.

        Raises:
            Refusal: an error end, a gap, silence beyond the contract's, or a lost bus.
        """
        try:
            while True:
                if self._parts:
                    data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
                    chunks, self._unread = self._unread, 0
                    self._parts.clear()
                    yield data
                    self._grant(chunks)
                elif self._ended and self._failure is None:
                    return
                else:
                    await self._more(self._stream.stall_seconds)
        finally:
            await self.cancel()

    async def cancel(self) -> None:
        """Tell the owner to stop, unless the stream has ended; safe to repeat."""
        self._forget()
        if not self._ended and self._control:
            self._ended = True
            self._tell(CANCEL)

    @property
    def was_accepted(self) -> bool:
        """Whether the owner can be told anything."""
        return bool(self._control)

    def deliver(self, message: Message) -> None:
        """Take a message from the bus; after the end, none counts."""
        if self._ended:
            return
        try:
            if message.headers:
                raise_if_refused(message.headers, message.data)
            self._take(decode_frame(message.data), message.reply)
        except ValueError:
            self.fail(Refusal(ErrorKind.UPSTREAM_FAILED, "stream-frame"))
        except Refusal as refusal:
            self.fail(refusal)
        self._wake()

    def fail(self, refusal: Refusal) -> None:
        """End the stream with an error, once what has come before is read."""
        if not self._ended:
            self._ended = True
            self._failure = refusal
        self._wake()

    def look(self, now: float) -> None:
        """What the watch does every now and then: give up on silence, and say that the reader is there."""
        if self._waiter is not None and now > self._give_up_at:
            # Not `fail`: the owner may be at work still, and is told to stop when the reader leaves.
            self._failure = self._failure or Refusal(ErrorKind.TIMEOUT, "stream-stalled", retry_after_seconds=1)
            self._wake()
        elif self._control and not self._ended and now - self._told_at >= HEARTBEAT_SECONDS:
            self._tell(ALIVE, self._reply)

    def _take(self, frame: Frame, reply: str) -> None:
        if frame.sequence != self._sequence + 1:
            raise Refusal(ErrorKind.UPSTREAM_FAILED, "stream-gap")
        self._sequence = frame.sequence
        if frame.flags & Flag.REFUSED:
            raise refusal_from_bytes(frame.data)
        if not self._control:
            self._accept(reply)
        if frame.flags & Flag.BEGIN:
            self._media_type = frame.media_type or self._stream.media_type
        self._unread += frame.chunks
        if self._unread > WINDOW * 2:
            raise Refusal(ErrorKind.UPSTREAM_FAILED, "credit-overrun")
        if frame.data:
            self._parts.append(frame.data)
        if frame.flags & Flag.CANCELLED:
            raise Refusal(ErrorKind.UPSTREAM_FAILED, "stream-cancelled")
        self._ended = bool(frame.flags & Flag.END)

    def _accept(self, control: str) -> None:
        if not leads_to_owner(self._stream, control):
            raise Refusal(ErrorKind.UPSTREAM_FAILED, "stream-control")
        self._control = control

    async def _more(self, seconds: float) -> None:
        """Wait until something has come."""
        if self._failure is not None:
            raise self._failure
        self._waiter = self._loop.create_future()
        self._give_up_at = self._loop.time() + seconds
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _grant(self, chunks: int) -> None:
        self._consumed += chunks
        if self._consumed >= GRANT and not self._ended:
            granted, self._consumed = self._consumed, 0
            self._tell(b"%d" % granted)

    def _tell(self, word: bytes, reply: str = "") -> None:
        self._told_at = self._loop.time()
        try:
            self._send(self._control, word, reply)
        except Refusal:
            self._ended = True  # the bus is down: the owner cancels by itself


def leads_to_owner(stream: AnyStream, control: str) -> bool:
    """Whether words to the owner would reach it: an owner that names any other subject borrows our permissions."""
    return control.startswith(f"_INBOX.{stream.owner}.")
