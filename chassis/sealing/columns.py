"""The column types: text that is sealed under its row's key, and keyed hashes to find rows by.

A sealed value in the database is mark (4 bytes), cell of its key (4), nonce (12), AES-256-GCM ciphertext and tag. The
associated data are service, table and column, and cell: a value opens in its own row and column only.
"""

import hmac
import os
from dataclasses import dataclass
from typing import Protocol, Self
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from chassis.sealing.key_file import Damaged

SEAL_MARK = b"\xf5sl1"
CELL_FIELD, NONCE_BYTES = 4, 12
HEAD_BYTES = len(SEAL_MARK) + CELL_FIELD + NONCE_BYTES
INDEX_BYTES = 32


class UnsealedValue(TypeError):
    """A plain text was to be stored in, or compared with, a sealed column; the message names the column."""


class Sealer(Protocol):
    """What a database's sealed columns need: its subject keys, and the key of its blind indexes."""

    def key_of(self, cell: int) -> "SubjectKey":
        """The key in a cell.

        Raises:
            KeyDestroyed: there is none any more.
        """

    @property
    def index_key(self) -> bytes:
        """32 bytes."""


# A dialect belongs to one engine and so to one database; it is all that a column type is told.
SEALERS: WeakKeyDictionary[Dialect, Sealer] = WeakKeyDictionary()


class KeyedText(str):
    """A text on its way into a sealed column, with the key to seal it under."""

    __slots__ = ("key",)
    key: "SubjectKey"

    def __new__(cls, text: str, key: "SubjectKey") -> Self:
        made = super().__new__(cls, text)
        made.key = key
        return made


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """The key that a row's sealed columns are under; the row names its `cell` in its column `sealed_by`."""

    cell: int
    secret: bytes
    service: str

    def seal(self, text: str) -> str:
        """Mark a text to be sealed under this key; encryption is the column's, which knows its name."""
        return KeyedText(text, self)

    def encrypted(self, column: str, text: str) -> bytes:
        """The sealed value, as it stands in the database."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self.secret).encrypt(nonce, text.encode(), self._bound_to(column))
        return SEAL_MARK + self.cell.to_bytes(CELL_FIELD) + nonce + sealed

    def decrypted(self, column: str, sealed: bytes) -> str:
        """The text of a sealed value.

        Raises:
            Damaged: it was sealed under another key, or for another column.
        """
        nonce = sealed[HEAD_BYTES - NONCE_BYTES : HEAD_BYTES]
        try:
            return AESGCM(self.secret).decrypt(nonce, sealed[HEAD_BYTES:], self._bound_to(column)).decode()
        except InvalidTag:
            raise Damaged from None

    def _bound_to(self, column: str) -> bytes:
        return f"{self.service}\n{column}\n{self.cell}".encode()


class Sealed(TypeDecorator[str]):
    """Text that no copy of the database shows; `column` is its name as `table.column`.

    Written as `key.seal(text)`, read as text. Its table needs a column `sealed_by`, the cell of the row's key.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """To the database.

        Raises:
            UnsealedValue: the text was not sealed.
        """
        if value is None:
            return None
        if not isinstance(value, KeyedText):
            raise UnsealedValue(f"a plain text for the sealed column {self.column}")
        return value.key.encrypted(self.column, value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """From the database.

        Raises:
            KeyDestroyed: its key is gone.
            Damaged: it is not what was written, or was moved here from another place.
        """
        if value is None:
            return None
        return SEALERS[dialect].key_of(cell_of(value)).decrypted(self.column, value)


class BlindIndex(TypeDecorator[str]):
    """A keyed hash (HMAC-SHA256) by which a row is found by a value that it holds sealed, in the column `of`.

    Written and compared as the plain value, in its one canonical spelling; read as the hash in hex, which can be
    compared with again (`HashedValue`). All of a service's indexes hash alike: one parameter serves several tables.
    """

    impl = LargeBinary(INDEX_BYTES)
    cache_ok = True

    def __init__(self, of: str) -> None:
        super().__init__()
        self.of = of

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """To the database: the hash."""
        if value is None:
            return None
        if isinstance(value, HashedValue):
            return bytes.fromhex(value)
        return hmac.digest(SEALERS[dialect].index_key, value.encode(), "sha256")

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """From the database: the hash in hex."""
        return None if value is None else HashedValue(bytes(value).hex())


class HashedValue(str):
    """A value of a blind index as it was read."""

    __slots__ = ()


def cell_of(sealed: bytes) -> int:
    """The number of the cell whose key a sealed value is under.

    Raises:
        Damaged: it is no sealed value.
    """
    if not sealed.startswith(SEAL_MARK):
        raise Damaged
    return int.from_bytes(sealed[len(SEAL_MARK) : len(SEAL_MARK) + CELL_FIELD])
