"""The file of subject keys: cells of fixed size that are overwritten where they are, so that a key can be destroyed.

A database copies what it stores (pages that are balanced, write-ahead logs, dead rows, replicas), so nothing in it can
be relied on to be gone. A cell of this file is written in one place only. It holds a random key of 256 bits, wrapped
by AES-256-GCM under a key of the installation that stands elsewhere: mark (4 bytes), nonce (12), wrapped key (48).
Cell 0 is the header, whose nonce names the file; an empty cell is all zeros. A cell is no larger than a disk's sector
and never crosses one, so a power cut leaves the old or the new.

No key is kept in memory: reading a cell costs microseconds, and so a destroyed key is gone for every replica at once.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CELL_BYTES, KEY_BYTES, NONCE_BYTES = 64, 32, 12
MARK = b"key1"
EMPTY = bytes(CELL_BYTES)
HEADER = 0


class Unreadable(Exception):
    """A sealed value that cannot be opened."""


class KeyDestroyed(Unreadable):
    """The key of a sealed value is gone, and so is the value."""


class Damaged(Unreadable):
    """A key or a value is not what was written, or stands where it was not written to."""


class WrongSealKey(Exception):
    """The key file was made under another seal key, or is no key file."""


class KeyFileRefused(Exception):
    """The key file belongs to another database: using it could destroy keys that are needed."""


class KeyFile:
    """Cells by number, from 1 on. Which cell belongs to what is the database's to say.

    Several processes may use one file: each cell is written by whoever holds its number in a transaction. All methods
    are safe between threads, and raise OSError where the disk fails.
    """

    def __init__(self, path: Path, wrapping_key: bytes, service: str) -> None:
        self._path = path
        self._wrapping = AESGCM(wrapping_key)
        self._service = service.encode()
        self._descriptor = -1
        self._lock = Lock()
        self._written = self._synced = 0

    def open(self) -> None:
        """Open the file, and make it, for its owner only, if there is none.

        Raises:
            WrongSealKey: it was made under another key, or is something else.
        """
        self.close()
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._path.exists():
            self._make()
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            self.read(HEADER)
        except Unreadable:
            self.close()
            raise WrongSealKey(f"{self._path.name} was made under another seal key, or is no key file") from None

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    @property
    def name(self) -> str:
        """What tells this file from all others, in hex; random, and the same in each copy."""
        return self._cell(HEADER)[len(MARK) : len(MARK) + NONCE_BYTES].hex()

    def make(self, cell: int) -> bytes:
        """Put a new random key into a cell, whatever it held; returns the key. `sync` makes it durable."""
        key = AESGCM.generate_key(KEY_BYTES * 8)
        self._write(cell, self._wrapped(cell, key))
        return key

    def read(self, cell: int) -> bytes:
        """The key of a cell.

        Raises:
            KeyDestroyed: the cell is empty.
            Damaged: the cell does not hold what was written there.
        """
        data = self._cell(cell)
        if not data.startswith(MARK):
            raise KeyDestroyed
        nonce, wrapped = data[len(MARK) : len(MARK) + NONCE_BYTES], data[len(MARK) + NONCE_BYTES :]
        try:
            return self._wrapping.decrypt(nonce, wrapped, self._bound_to(cell))
        except InvalidTag:
            raise Damaged from None

    def destroy(self, cells: Iterable[int]) -> None:
        """Overwrite cells with zeros, where they are; `sync` makes it durable."""
        for cell in cells:
            self._write(cell, EMPTY)

    def holds(self, cell: int) -> bool:
        """Whether a cell holds a key."""
        return self._cell(cell) != EMPTY

    def occupied(self) -> set[int]:
        """The numbers of all cells that hold a key; reads the whole file."""
        size = os.fstat(self._descriptor).st_size
        firsts = os.pread(self._descriptor, size, 0)[::CELL_BYTES]
        return {cell for cell, first in enumerate(firsts) if first and cell != HEADER}

    def sync(self) -> None:
        """Return once all that was written before is on the disk; who asks at the same time shares the waiting."""
        with self._lock:
            if self._synced < self._written:
                written = self._written
                os.fdatasync(self._descriptor)
                self._synced = written

    def _cell(self, cell: int) -> bytes:
        return os.pread(self._descriptor, CELL_BYTES, cell * CELL_BYTES).ljust(CELL_BYTES, b"\0")

    def _write(self, cell: int, data: bytes) -> None:
        os.pwrite(self._descriptor, data, cell * CELL_BYTES)
        with self._lock:
            self._written += 1

    def _wrapped(self, cell: int, key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return MARK + nonce + self._wrapping.encrypt(nonce, key, self._bound_to(cell))

    def _bound_to(self, cell: int) -> bytes:
        return b"%s\n%d" % (self._service, cell)

    def _make(self) -> None:
        """Make a file with a header; where another replica was faster, its file is the one."""
        unfinished = self._path.with_name(f"{self._path.name}.{os.urandom(8).hex()}")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._wrapped(HEADER, os.urandom(KEY_BYTES)))
                file.flush()
                os.fsync(file.fileno())
            os.link(unfinished, self._path)
        except FileExistsError:
            return
        finally:
            unfinished.unlink()
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
