"""The speech protocol's websocket messages: headers and a body, as text or with a binary length before."""

import json
import struct
from dataclasses import dataclass, field
from typing import Any, Protocol

LENGTH = struct.Struct(">H")


@dataclass(frozen=True, slots=True)
class Frame:
    path: str
    request_id: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Outlet(Protocol):
    """Where the answers of one turn go."""

    async def text(self, path: str, body: dict[str, Any]) -> None: ...

    async def audio(self, stream_id: str, body: bytes) -> None: ...


def _parsed(head: str, body: bytes) -> Frame:
    pairs = (line.partition(":") for line in head.split("\r\n") if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return Frame(headers.get("path", "").lower(), headers.get("x-requestid", ""), headers, body)


def text_frame(message: str) -> Frame:
    head, _, body = message.partition("\r\n\r\n")
    return _parsed(head, body.encode())


def binary_frame(message: bytes) -> Frame:
    """Raises ValueError where the message is shorter than it claims."""
    if len(message) < LENGTH.size:
        raise ValueError("no header length")
    (length,) = LENGTH.unpack_from(message)
    head, body = message[LENGTH.size : LENGTH.size + length], message[LENGTH.size + length :]
    if len(head) < length:
        raise ValueError("headers cut off")
    return _parsed(head.decode("utf-8", "replace"), body)


def text_message(request_id: str, path: str, body: dict[str, Any]) -> str:
    head = f"X-RequestId:{request_id}\r\nContent-Type:application/json; charset=utf-8\r\nPath:{path}\r\n\r\n"
    return head + json.dumps(body, ensure_ascii=False)


def audio_message(request_id: str, stream_id: str, body: bytes) -> bytes:
    head = f"X-RequestId:{request_id}\r\nContent-Type:audio/x-wav\r\nX-StreamId:{stream_id}\r\nPath:audio\r\n".encode()
    return LENGTH.pack(len(head)) + head + body
