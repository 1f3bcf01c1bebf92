"""Messages of a streamed reply: a small binary head, then bytes.

Head (network order): version, flags, how many chunks the bytes are, sequence. Behind it, where its flag says so, the
media type (one byte of length, ASCII); then the bytes. One message may begin a stream, carry all of it and end it.
A binary head because a NATS header block costs several times as much to write and to parse as all the rest.
"""

import struct
from typing import Final, NamedTuple

VERSION = 0xB1  # no JSON, no text and no acknowledgement of JetStream's begins with it
HEAD = struct.Struct("!BBHI")
WINDOW = 64
GRANT = WINDOW // 2
CHUNK_BYTES_MAX = 128 * 1024
HEARTBEAT_SECONDS = 2.0
CANCEL = b"cancel"
ALIVE = b"0"


class Flag:
    """What a message says besides its bytes; bits, and no `IntFlag`, whose operators cost more than all of a head."""

    BEGIN: Final = 1
    """The media type follows the head; from now on nothing refuses the request."""
    END: Final = 2
    """The stream is complete."""
    CANCELLED: Final = 4
    """The owner stopped before the end."""
    REFUSED: Final = 8
    """The bytes are a refusal."""


class Frame(NamedTuple):
    """One message of a stream, taken apart."""

    flags: int
    chunks: int
    sequence: int
    media_type: str
    data: bytes


def encode_frame(flags: int, chunks: int, sequence: int, data: bytes, media_type: str = "") -> bytes:
    """Put a message together."""
    head = HEAD.pack(VERSION, flags, chunks, sequence)
    if flags & Flag.BEGIN:
        name = media_type.encode("ascii")
        return b"%b%c%b%b" % (head, len(name), name, data)
    return head + data


def decode_frame(message: bytes) -> Frame:
    """Take a message apart.

    Raises:
        ValueError: it is none.
    """
    if len(message) < HEAD.size or message[0] != VERSION:
        raise ValueError("no message of a stream")
    _, flags, chunks, sequence = HEAD.unpack_from(message)
    start, media_type = HEAD.size, ""
    if flags & Flag.BEGIN:
        end = start + 1 + message[start] if len(message) > start else len(message) + 1
        if end > len(message):
            raise ValueError("a media type without end")
        media_type, start = message[start + 1 : end].decode("ascii"), end
    return Frame(flags, chunks, sequence, media_type, message[start:])
