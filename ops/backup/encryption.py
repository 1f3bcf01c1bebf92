"""Streams through age, in bounded memory; errors of either side come out as themselves.

pyrage (1.4) turns what a reader raises into an error of its own, and an error of the last write is lost in silence
(tried: a full disk under a small file). So both sides remember their first error, and it is raised here.
"""

import hashlib
from typing import Protocol

import pyrage

from ops.backup.day_keys import DayKey
from ops.backup.refusal import BackupRefused


class Source(Protocol):
    """Something to read bytes from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


class Sink(Protocol):
    """Something to write bytes to."""

    def write(self, data: bytes, /) -> object:
        """Take all of these bytes."""
        ...


class MeteredSource:
    """Reads on, counting, hashing and remembering what went wrong."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._hash = hashlib.sha256()
        self.size = 0
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._source.read(size)
        except BaseException as error:
            self.error = self.error or error
            raise
        self._hash.update(data)
        self.size += len(data)
        return data

    @property
    def sha256(self) -> str:
        """Of what was read so far, in hex."""
        return self._hash.hexdigest()


class MeteredSink:
    """Writes on, counting, hashing and remembering what went wrong."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._hash = hashlib.sha256()
        self.size = 0
        self.error: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            self._sink.write(data)
        except BaseException as error:
            self.error = self.error or error
            raise
        self._hash.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back here."""

    @property
    def sha256(self) -> str:
        """Of what was written so far, in hex."""
        return self._hash.hexdigest()


def encrypt(source: Source, sink: Sink, key: DayKey) -> MeteredSink:
    """Encrypt all of a source to a day's key; returns the size and hash of what was written.

    Raises:
        Exception: what either side raised.
        BackupRefused: it cannot be encrypted.
    """
    reading, writing = MeteredSource(source), MeteredSink(sink)
    try:
        pyrage.encrypt_io(reading, writing, [key.identity.to_public()])
    except (pyrage.EncryptError, OSError) as error:
        if reading.error is None and writing.error is None:
            raise BackupRefused(f"It cannot be encrypted: {error}.") from error
    _raise_first(reading.error, writing.error)
    return writing


def decrypt(source: Source, sink: Sink, key: DayKey) -> MeteredSource:
    """Decrypt all of a source; returns the size and hash of what was read. What was written counts only then.

    Raises:
        Exception: what either side raised.
        BackupRefused: it is not of this day's key, was changed, or is not whole.
    """
    reading, writing = MeteredSource(source), MeteredSink(sink)
    try:
        pyrage.decrypt_io(reading, writing, [key.identity])
    except (pyrage.DecryptError, OSError) as error:
        if reading.error is None and writing.error is None:
            raise BackupRefused(f"It cannot be decrypted with the key of {key.day}: changed, or not whole.") from error
    _raise_first(reading.error, writing.error)
    return reading


def _raise_first(*errors: BaseException | None) -> None:
    for error in errors:
        if error is not None:
            raise error
