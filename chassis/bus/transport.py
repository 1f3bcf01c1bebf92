"""The way from the socket to a handler without nats-py's stops between them.

nats-py reads through a stream and a task of its own, finds messages by regular expressions, and puts each into a
queue that wakes another task: three turns of the event loop for every message. Here messages without headers go
to their handler in the turn in which they are read. All else (the server's own words, messages with headers or of other
subscriptions) is passed on to nats-py byte for byte, so that it keeps what it is good at: connecting, reconnecting,
authentication, JetStream. Source: the client protocol,
https://docs.nats.io/reference/reference-protocols/nats-protocol.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import ParseResult

from nats.aio.transport import TcpTransport

from chassis.telemetry import Log

PORT = 4222
LINE_END = b"\r\n"
MSG, HMSG = b"MSG", b"HMSG"
WITH_BYTES = frozenset({MSG, HMSG})
MSG_WORDS_MIN = 4  # MSG <subject> <sid> [reply] <bytes>

log = Log("bus")


class Message(NamedTuple):
    """What arrived; `reply` is empty where nobody waits for an answer."""

    subject: str
    reply: str
    data: bytes
    headers: dict[str, str] | None = None


MessageHandler = Callable[[Message], None]


class DirectTransport(TcpTransport):
    """nats-py's transport over TCP and TLS, with handlers by the number of their subscription."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._handlers: dict[bytes, MessageHandler] = {}

    def hand_over(self, sid: int, handler: MessageHandler) -> None:
        """Give this subscription's messages to a handler, which must not wait."""
        self._handlers[b"%d" % sid] = handler

    def write(self, payload: bytes) -> None:
        """Write now; without a connection it goes nowhere."""
        if self._io_writer is not None:
            self._io_writer.write(payload)

    @property
    def unwritten_bytes(self) -> int:
        """What waits for the server to read it."""
        return 0 if self._io_writer is None else self._io_writer.transport.get_write_buffer_size()

    async def connect(self, uri: ParseResult, buffer_size: int, connect_timeout: int) -> None:
        """Open a connection over TCP, as nats-py asks for it."""
        loop = asyncio.get_running_loop()
        reader, protocol = self._ends(buffer_size)
        async with asyncio.timeout(connect_timeout):
            transport, _ = await loop.create_connection(lambda: protocol, uri.hostname or "", uri.port or PORT)
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        self._bare_io_reader = self._io_reader = reader
        self._bare_io_writer = self._io_writer = writer

    async def connect_tls(
        self, uri: str | ParseResult, ssl_context: ssl.SSLContext, buffer_size: int, connect_timeout: int
    ) -> None:
        """Go on over TLS."""
        if self._io_writer is None:
            raise ConnectionError("TLS before a connection")
        loop = asyncio.get_running_loop()
        reader, protocol = self._ends(buffer_size)
        name = uri if isinstance(uri, str) else uri.hostname
        async with asyncio.timeout(connect_timeout):
            bare = self._io_writer.transport
            transport = await loop.start_tls(bare, protocol, ssl_context, server_hostname=name)
        if transport is None:
            raise ConnectionError("closed during the handshake")
        self._io_reader = reader
        self._io_writer = asyncio.StreamWriter(transport, protocol, reader, loop)

    def __bool__(self) -> bool:
        """Always, since nats-py replaces a transport that is false by its own."""
        return True

    def _ends(self, buffer_size: int) -> tuple[asyncio.StreamReader, "MessageSplitter"]:
        reader = asyncio.StreamReader(limit=buffer_size)
        return reader, MessageSplitter(reader, self._handlers)


class MessageSplitter(asyncio.StreamReaderProtocol):
    """Takes what the server sends apart: messages to their handlers, the rest to nats-py's reader."""

    def __init__(self, reader: asyncio.StreamReader, handlers: dict[bytes, MessageHandler]) -> None:
        super().__init__(reader)
        self._handlers = handlers
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        """Take what is complete; the rest waits for what belongs to it."""
        if self._rest:
            data = self._rest + data
        start, passed_on = 0, []
        while (line_end := data.find(LINE_END, start)) >= 0:
            words = data[start:line_end].split(b" ")
            end = line_end + len(LINE_END)
            handler = None
            if words[0] in WITH_BYTES and words[-1].isdigit():
                begin, end = end, end + int(words[-1]) + len(LINE_END)
                if end > len(data):
                    break
                if words[0] == MSG and len(words) >= MSG_WORDS_MIN:
                    handler = self._handlers.get(words[2])
            if handler is None:
                passed_on.append(data[start:end])
            else:
                reply = words[3].decode() if len(words) > MSG_WORDS_MIN else ""
                handed_over(handler, Message(words[1].decode(), reply, data[begin : end - len(LINE_END)]))
            start = end
        self._rest = data[start:]
        if passed_on:
            super().data_received(b"".join(passed_on))


def handed_over(handler: MessageHandler, message: Message) -> None:
    """Call a handler; its bug must not end the connection of all others."""
    try:
        handler(message)
    except Exception as error:
        log.failure("message not taken", error=error)
