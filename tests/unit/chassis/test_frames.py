"""Messages of a streamed reply as bytes, and what is none."""

import pytest

from chassis.bus.frames import VERSION, Flag, Frame, decode_frame, encode_frame


@pytest.mark.parametrize(
    ("flags", "chunks", "sequence", "data", "media_type"),
    [
        (0, 0, 1, b"", ""),
        (Flag.BEGIN, 0, 2, b"", "text/event-stream"),
        (Flag.BEGIN | Flag.END, 1, 1, b'{"text":"hej"}', "application/json"),
        (Flag.END, 64, 2**32 - 1, bytes(range(256)), ""),
        (Flag.REFUSED, 0, 7, b"{}", ""),
    ],
)
def test_what_was_put_together_comes_apart_again(
    flags: int, chunks: int, sequence: int, data: bytes, media_type: str
) -> None:
    message = encode_frame(flags, chunks, sequence, data, media_type)
    assert decode_frame(message) == Frame(flags, chunks, sequence, media_type, data)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"{}",
        b"+ACK",
        b'{"stream":"DSAR","seq":2}',
        bytes([VERSION]),
        bytes([VERSION, Flag.BEGIN, 0, 0, 0, 0, 0, 1]),
        bytes([VERSION, Flag.BEGIN, 0, 0, 0, 0, 0, 1, 9]) + b"text",
        bytes([VERSION, Flag.BEGIN, 0, 0, 0, 0, 0, 1, 1, 0xFF]),
    ],
)
def test_what_is_no_message_of_a_stream_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match=r"no message|without end|ascii"):
        decode_frame(message)
