"""The server's words are taken apart wherever the network cut them; what is not handed over is left untouched."""

import asyncio
import logging

import pytest

from chassis.bus.transport import Message, MessageSplitter

INFO = b'INFO {"server_id":"N"}\r\n'
WITH_HEADERS = b"HMSG a.b 7 _INBOX.x 12 14\r\nNATS/1.0\r\n\r\nhi\r\n"
OF_ANOTHER = b"MSG a.b 70 5\r\nhello\r\n"
STREAM = (
    INFO
    + b"MSG a.b 7 5\r\nhello\r\n"
    + b"PING\r\n"
    + WITH_HEADERS
    + b"MSG a.c 7 _INBOX.gateway.i.s.t 0\r\n\r\n"
    + OF_ANOTHER
    + b"MSG a.b 7 24\r\nMSG a.b 7 5\r\nhello\r\n\r\n\r\n\r\n"
    + b"PONG\r\n"
)
HANDED_OVER = [
    Message("a.b", "", b"hello"),
    Message("a.c", "_INBOX.gateway.i.s.t", b""),
    Message("a.b", "", b"MSG a.b 7 5\r\nhello\r\n\r\n\r\n"),
]
PASSED_ON = INFO + b"PING\r\n" + WITH_HEADERS + OF_ANOTHER + b"PONG\r\n"


async def taken_apart(*pieces: bytes) -> tuple[list[Message], bytes]:
    """What a handler of subscription 7 gets of these reads, and what is left for nats-py."""
    taken: list[Message] = []
    reader = asyncio.StreamReader()
    splitter = MessageSplitter(reader, {b"7": taken.append})
    for piece in pieces:
        splitter.data_received(piece)
    reader.feed_eof()
    return taken, await reader.read()


async def test_every_cut_gives_the_same() -> None:
    for cut in range(len(STREAM) + 1):
        assert await taken_apart(STREAM[:cut], STREAM[cut:]) == (HANDED_OVER, PASSED_ON)


async def test_byte_by_byte() -> None:
    assert await taken_apart(*(STREAM[at : at + 1] for at in range(len(STREAM)))) == (HANDED_OVER, PASSED_ON)


@pytest.mark.parametrize(
    "line", [b"MSG\r\n", b"MSG 7\r\n", b"MSG a.b 7 many\r\n", b"MSG a.b 7 -1\r\n", b" \r\n", b"\r\n"]
)
async def test_what_is_no_message_is_left_to_nats_py(line: bytes) -> None:
    assert await taken_apart(line + OF_ANOTHER) == ([], line + OF_ANOTHER)


async def test_a_handler_that_fails_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    taken: list[Message] = []

    def fails_once(message: Message) -> None:
        taken.append(message)
        if len(taken) == 1:
            raise KeyError("a bug")

    with caplog.at_level(logging.ERROR):
        MessageSplitter(asyncio.StreamReader(), {b"7": fails_once}).data_received(STREAM)
    assert taken == HANDED_OVER
    assert caplog.messages == ["message not taken"]
