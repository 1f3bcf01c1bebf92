"""Everything that the platform leaves behind, read as bytes: files, output, telemetry, what the bus tells."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from contracts.holder import SEALING_SERVICES
from ops.run.environment import seal_key
from ops.run.keys import KeyRing
from tests.support import http
from tests.support.canary import Canary, canaries_in
from tests.support.platform import Platform
from tests.support.sealing import keys_in, opened_with
from tests.support.spans import SpanSink

BUS_PAGES = ("connz?subs=detail&auth=true", "subsz?subs=true", "jsz?streams=true&consumers=true&config=true", "varz")
PACKED = {b"\x1f\x8b\x08": "gzip", b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstandard", b"BZh": "bzip2"}


class PackedFile(AssertionError):
    """A file that a search for bytes cannot look into."""


class Stores:
    """What a thief of the whole machine would hold, minus process memory.

    The mail sink's files are left out unless asked for: they stand for the mailboxes of the recipients.
    """

    def __init__(self, platform: Platform, spans: SpanSink | None = None) -> None:
        self._platform = platform
        self._spans = spans

    def holding(self, canaries: Iterable[Canary], *, with_mail: bool = False) -> dict[str, list[str]]:
        """The places that hold any of the markers, and which."""
        wanted = list(canaries)
        found = {place: canaries_in(data, wanted) for place, data in self.places(with_mail=with_mail)}
        return {place: words for place, words in found.items() if words}

    def places(self, *, with_mail: bool = False) -> Iterator[tuple[str, bytes]]:
        """Every place by name, with its bytes."""
        for path in self.files(with_mail=with_mail):
            # A journal or a part of a stream may be gone by the time it is opened.
            with contextlib.suppress(FileNotFoundError):
                data = path.read_bytes()
                _refuse_packed(path, data)
                yield str(path.relative_to(self._platform.data.parent)), data
        yield "output of all processes", self._platform.log.read_bytes()
        if self._spans is not None:
            yield from (("a trace", export) for export in self._spans.exports())
        for page in BUS_PAGES:
            yield f"bus monitor {page}", http.get(f"{self._platform.nats_monitor}/{page}").content

    def sealed(self) -> dict[str, bytes]:
        """The bytes of each database that has sealed columns, by service, with its write-ahead log."""
        rooms = {service: self._platform.data / service for service in SEALING_SERVICES}
        return {
            name: b"".join(path.read_bytes() for path in sorted(room.glob("*.db*"))) for name, room in rooms.items()
        }

    def opened(self, sealed: dict[str, bytes]) -> bytes:
        """What such bytes say, of now or of an earlier moment, with every key that the installation has now."""
        keys = KeyRing(self._platform.data / "keys")
        room = self._platform.data / "keys"
        return b"\0".join(
            opened_with(raw, keys_in(room / f"{service}.keys", keys.secret(seal_key(service)), service))
            for service, raw in sealed.items()
        )

    def files(self, *, with_mail: bool = False) -> list[Path]:
        """All files of the data directory and of the processes' temporary directory."""
        roots = [self._platform.data, self._platform.temporary]
        files = [path for root in roots for path in sorted(root.rglob("*")) if path.is_file()]
        return [path for path in files if with_mail or not self._is_mail(path)]

    def _is_mail(self, path: Path) -> bool:
        return path.is_relative_to(self._platform.data) and path.relative_to(self._platform.data).parts[0][:4] == "mail"


def _refuse_packed(path: Path, data: bytes) -> None:
    for magic, name in PACKED.items():
        if data.startswith(magic):
            raise PackedFile(f"{path} is {name}: the search must learn to unpack it")
