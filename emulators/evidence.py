"""What an emulator was sent: noted at arrival, kept in memory only, bounded."""

import base64
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from emulators.clock import wall_stamp

REQUESTS_KEPT = 5_000
BYTES_KEPT = 64 * 1024 * 1024
FRAMES_KEPT = 200


@dataclass(eq=False, slots=True)
class Received:
    """One request; `body` grows while it comes in, `closed_at` follows when its connection ends."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    connection: str
    at: str = field(default_factory=wall_stamp)
    body: bytearray = field(default_factory=bytearray)
    bytes: int = 0
    frames: list[str] | None = None
    closed_at: str | None = None
    kept: bool = False

    def text_frame(self, text: str) -> None:
        if self.frames is None:
            self.frames = []
        if len(self.frames) < FRAMES_KEPT:
            self.frames.append(text)

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "method": self.method,
            "path": self.path,
            "headers": [list(pair) for pair in self.headers],
            "body": base64.b64encode(self.body).decode(),
            "connection": self.connection,
            "bytes": self.bytes,
            "at": self.at,
            "closed_at": self.closed_at,
        }
        if self.frames is not None:
            shown["frames"] = self.frames
        return shown


class Evidence:
    """The last requests, oldest first; the oldest leave when a limit is reached, and are counted."""

    def __init__(self, requests_kept: int = REQUESTS_KEPT, bytes_kept: int = BYTES_KEPT) -> None:
        self._kept: deque[Received] = deque()
        self._requests_kept = requests_kept
        self._bytes_kept = bytes_kept
        self._bytes = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._kept)

    def arrived(self, received: Received) -> None:
        received.kept = True
        self._kept.append(received)
        self._trim()

    def body_part(self, received: Received, part: bytes) -> None:
        received.body += part
        received.bytes += len(part)
        if received.kept:
            self._bytes += len(part)
            self._trim()

    def _trim(self) -> None:
        while len(self._kept) > self._requests_kept or (self._bytes > self._bytes_kept and self._kept):
            oldest = self._kept.popleft()
            oldest.kept = False
            self._bytes -= len(oldest.body)
            self.dropped += 1

    def connection_closed(self, connection: str) -> None:
        at = wall_stamp()
        for received in reversed(self._kept):
            if received.connection == connection:
                received.closed_at = at

    def forget(self) -> None:
        for received in self._kept:
            received.kept = False
        self._kept.clear()
        self._bytes = 0
        self.dropped = 0

    def as_json(self) -> Iterable[dict[str, Any]]:
        return [received.as_json() for received in self._kept]
