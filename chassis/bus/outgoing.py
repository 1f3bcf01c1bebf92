"""The owner's side of streamed replies: send as credit allows; a cancel or a silent reader cancels the work.

What is written within one turn of the event loop leaves as one message, at the turn's end and never later: a whole
answer that is ready is one message, and a token that comes alone leaves at once.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from chassis.bus.codec import refusal_as_bytes
from chassis.bus.frames import CANCEL, CHUNK_BYTES_MAX, HEARTBEAT_SECONDS, WINDOW, Flag, encode_frame
from chassis.bus.link import Sender
from chassis.bus.transport import Message
from chassis.telemetry import Log
from contracts.errors import Refusal
from contracts.identifiers import new_id

READER_GONE_SECONDS = 20.0
CREDIT_DIGITS_MAX = 3

log = Log("streams")


class OutgoingStream:
    """One streamed reply of the task that makes it."""

    def __init__(self, sender: Sender, reply: str, control: str, task: "asyncio.Task[None] | None") -> None:
        self._loop = asyncio.get_running_loop()
        self._sender = sender
        self._reply = reply
        self._control = control
        self._task = task
        self._cancelled = False
        self._sequence = 0
        self._credit = WINDOW
        self._granted: asyncio.Event | None = None
        self._last_word = self._loop.time()
        self._parts: list[bytes] = []
        self._bytes = 0
        self._flags = 0
        self._media_type = ""
        self._is_due = False

    def accept(self) -> None:
        """Say that the work has begun: from now on the reader can cancel it."""
        self._leave_this_turn()

    def begin(self, media_type: str) -> None:
        """State the media type: the request is not refused any more."""
        self._flags |= Flag.BEGIN
        self._media_type = media_type
        self._leave_this_turn()

    async def write(self, data: bytes) -> None:
        """Send bytes, in pieces that fit the bus, as credit allows."""
        for start in range(0, len(data), CHUNK_BYTES_MAX):
            piece = data[start : start + CHUNK_BYTES_MAX] if len(data) > CHUNK_BYTES_MAX else data
            while self._credit <= 0:
                await self._more_credit()
            self._credit -= 1
            if self._bytes + len(piece) > CHUNK_BYTES_MAX:
                self._leave()
            self._parts.append(piece)
            self._bytes += len(piece)
            self._leave_this_turn()

    def end(self, flag: int) -> None:
        """Say how it ended: END or CANCELLED."""
        self._flags |= flag
        self._leave()

    def refuse(self, refusal: Refusal) -> None:
        """End with a refusal, before or after the first bytes."""
        if self._is_due:
            self._leave()
        self._flags |= Flag.REFUSED
        self._parts.append(refusal_as_bytes(refusal))
        self._leave(chunks=0)

    def heard(self, word: bytes) -> None:
        """Credit, or cancel, from the reader."""
        self._last_word = self._loop.time()
        if word == CANCEL:
            self.cancel()
        elif word.isdigit() and len(word) <= CREDIT_DIGITS_MAX:
            self._credit = min(self._credit + int(word), WINDOW)
            if self._granted is not None:
                self._granted.set()

    def cancel(self) -> None:
        """Stop the work, once: a second cancel would break off its tidying up."""
        if self._task is not None and not self._cancelled:
            self._cancelled = True
            self._task.cancel()

    @property
    def silent_seconds(self) -> float:
        """For how long the reader has not been heard."""
        return self._loop.time() - self._last_word

    async def _more_credit(self) -> None:
        if self._granted is None:
            self._granted = asyncio.Event()
        self._granted.clear()
        await self._granted.wait()

    def _leave_this_turn(self) -> None:
        if not self._is_due:
            self._is_due = True
            self._sender.at_end_of_turn(self._turn_over)

    def _turn_over(self) -> None:
        if not self._is_due:
            return
        try:
            self._leave()
        except Refusal as refusal:
            log.warning("answer not sent", kind=refusal.kind.value)
            self.cancel()

    def _leave(self, chunks: int = -1) -> None:
        parts, flags = self._parts, self._flags
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        self._parts, self._bytes, self._flags, self._is_due = [], 0, 0, False
        self._sequence += 1
        count = len(parts) if chunks < 0 else chunks
        frame = encode_frame(flags, count, self._sequence, data, self._media_type)
        self._sender.send(self._reply, frame, self._control)


class OutgoingStreams:
    """The owner's side of every stream of a process, with a watch for readers that are gone."""

    def __init__(self, sender: Sender, inbox: str) -> None:
        self._sender = sender
        self._inbox = inbox
        self._open: dict[str, OutgoingStream] = {}
        self._watch: asyncio.TimerHandle | None = None

    @contextmanager
    def begin(self, reply: str) -> Iterator[OutgoingStream]:
        """Register a stream of the current task for the time of a `with` block."""
        token = new_id()
        stream = OutgoingStream(self._sender, reply, f"{self._inbox}.{token}", asyncio.current_task())
        self._open[token] = stream
        if self._watch is None:
            self._watch_on()
        try:
            yield stream
        finally:
            del self._open[token]

    def on_control(self, message: Message) -> None:
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

    def _watch_on(self) -> None:
        self._watch = asyncio.get_running_loop().call_later(HEARTBEAT_SECONDS, self._cancel_abandoned)

    def _cancel_abandoned(self) -> None:
        self._watch = None
        for stream in list(self._open.values()):
            if stream.silent_seconds > READER_GONE_SECONDS:
                log.warning("reader gone, stream cancelled")
                stream.cancel()
        if self._open:
            self._watch_on()
