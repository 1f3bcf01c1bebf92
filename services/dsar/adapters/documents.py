"""Everything held about a person, as one JSON document or as a package; built while it is sent, stored nowhere."""

import io
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import datetime
from typing import Any

import orjson

from contracts import controller
from contracts.dsar import Right
from contracts.errors import ErrorKind, Refusal
from services.dsar.adapters.pages import PackagePage, certificate_page
from services.dsar.adapters.translations import TranslationFiles
from services.dsar.domain.time import as_time
from services.dsar.ports import Piece

CHUNK_BYTES = 32 * 1024
PAGE_CHARACTERS_MAX = 32 * 1024 * 1024
SCHEMA = "/schemas/personal-data-v1.json"  # as the gateway serves it


class Documents:
    """The forms in which people receive their data."""

    def __init__(self, translations: TranslationFiles, public_url: str) -> None:
        self._translations = translations
        self._schema = public_url.rstrip("/") + SCHEMA

    async def data(self, pieces: AsyncIterator[Piece], at: datetime) -> AsyncGenerator[bytes, None]:
        """One JSON document; not a byte before every service has answered."""
        writer = JsonWriter(self._schema, at)
        waiting = bytearray()
        async for piece in pieces:
            waiting += writer.piece(piece)
            if len(waiting) >= CHUNK_BYTES:
                yield bytes(waiting)
                waiting.clear()
        yield bytes(waiting + writer.end())

    async def package(self, pieces: AsyncIterator[Piece], at: datetime, language: str) -> AsyncGenerator[bytes, None]:
        """A zip of data.json and data.html, sent while it is built; the page waits in memory for its turn."""
        sink, writer, page = (
            Sink(),
            JsonWriter(self._schema, at),
            PackagePage(self._translations.into(language), as_time(at)),
        )
        html = io.StringIO(page.begin())
        html.seek(0, io.SEEK_END)
        archive = zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED)  # so that a search of its bytes finds what is in it
        with archive.open(_entry("data.json", at), "w") as entry:
            async for piece in pieces:
                entry.write(writer.piece(piece))
                if html.write(page.piece(piece)) + html.tell() > PAGE_CHARACTERS_MAX:
                    raise Refusal(ErrorKind.TOO_LARGE, "package")
                if len(sink) >= CHUNK_BYTES:
                    yield sink.taken()
            entry.write(writer.end())
        archive.writestr(_entry("data.html", at), html.getvalue() + page.end())
        archive.close()
        yield sink.taken()

    async def page(self, pieces: AsyncIterator[Piece], at: datetime, language: str) -> AsyncGenerator[bytes, None]:
        """The readable page alone; not a byte before every service has answered."""
        page = PackagePage(self._translations.into(language), as_time(at))
        waiting = page.begin()
        async for piece in pieces:
            waiting += page.piece(piece)
            if len(waiting) >= CHUNK_BYTES:
                yield waiting.encode()
                waiting = ""
        yield (waiting + page.end()).encode()

    def certificate_page(self, certificate: dict[str, Any], language: str) -> bytes:
        """The readable form of a certificate."""
        return certificate_page(certificate, self._translations.into(language)).encode()


class JsonWriter:
    """Writes {"services": [{"service", "stores": [{…, "rows": […]}]}]} piece by piece."""

    def __init__(self, schema: str, at: datetime) -> None:
        head = {
            "schema": schema,
            "generated_at": as_time(at),
            "controller": controller.as_members(),
            "rights": [right.value for right in Right],
            "complain_to": [{"name": name, "url": url} for name, url in controller.AUTHORITIES.items()],
        }
        self._open = orjson.dumps(head)[:-1] + b',"services":['
        self._service = ""
        self._store = ""

    def piece(self, piece: Piece) -> bytes:
        """The next bytes; rows of a store that went on to another page are joined."""
        if piece.store is None:
            begun = self._end_service() + (b"," if self._service else self._open)
            self._service = piece.service
            self._first_store = True
            return begun + b'{"service":' + orjson.dumps(piece.service) + b',"stores":['
        rows = b",".join(orjson.dumps(row) for row in piece.store.rows)
        if piece.store.store == self._store:
            return b"," + rows
        begun = self._end_store() + (b"" if self._first_store else b",")
        self._store, self._first_store = piece.store.store, False
        described = piece.store.model_dump(mode="json", exclude={"rows"})
        return begun + orjson.dumps(described)[:-1] + b',"rows":[' + rows

    def end(self) -> bytes:
        """Close what is open."""
        return (self._end_service() if self._service else self._open) + b"]}"

    def _end_service(self) -> bytes:
        return self._end_store() + (b"]}" if self._service else b"")

    def _end_store(self) -> bytes:
        ended = b"]}" if self._store else b""
        self._store = ""
        return ended


class Sink(io.RawIOBase):
    """Where the archive is written to; what is there can be taken away at any time."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()

    def __len__(self) -> int:
        return len(self._waiting)

    def writable(self) -> bool:
        """It is, and it cannot be sought, so zipfile writes sizes behind the content."""
        return True

    def write(self, data: Any) -> int:
        """Append."""
        self._waiting += data
        return len(data)

    def taken(self) -> bytes:
        """What has been written since the last time."""
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=at.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_STORED  # it is small, and stays readable with the plainest tools
    entry.external_attr = 0o600 << 16
    return entry
