"""What a backup says of itself: which stores it holds, as of when, in which files. No personal data.

It is written last, so that a backup without one is none; and it is authenticated with a key that follows from the day
key, since whoever can write to the target could otherwise put one of their own there.
"""

import hmac
from datetime import datetime
from typing import Annotated, Literal

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ops.backup.day_keys import DayKey
from ops.backup.kinds import Kind
from ops.backup.refusal import BackupRefused

MANIFEST = "manifest.json"
MANIFEST_BYTES_MAX = 1024 * 1024
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
"""A plain file name: it cannot lead anywhere else."""


class Part(BaseModel):
    """A part of a manifest: nothing unknown, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StoredFile(Part):
    """One encrypted file of a backup: its size in bytes and SHA-256 as it lies in the target."""

    name: Name
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class TableCopy(Part):
    """A table of PostgreSQL: these columns in COPY's binary format."""

    table: str
    columns: list[str]
    file: StoredFile


class DatabaseCopy(Part):
    """One service's database as it was at `taken_at`: one file of SQLite, or a file per table of PostgreSQL.

    `revisions`: of the schema, by version table. `last_erasure_sequence`: the highest erasure that was carried out
    in it; None if there was none.
    """

    service: Name
    taken_at: datetime
    revisions: dict[str, str]
    last_erasure_sequence: int | None
    file: StoredFile | None = None
    tables: list[TableCopy] = []
    sequences: dict[str, tuple[int, bool]] = {}
    """PostgreSQL's sequences: last value, and whether it was given out."""

    @property
    def engine(self) -> str:
        return "sqlite" if self.file else "postgresql"

    @property
    def files(self) -> list[StoredFile]:
        return [self.file] if self.file else [copy.file for copy in self.tables]


class Manifest(Part):
    """A whole backup."""

    format: Literal["larabot-backup-v1"] = "larabot-backup-v1"
    name: Name
    kind: Kind
    day: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    """The day whose key it is encrypted to."""
    ends: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    """The day on which that key is destroyed."""
    made_at: datetime
    databases: list[DatabaseCopy] = []
    key_files: list[StoredFile] = []
    mac: str = ""

    @property
    def files(self) -> list[StoredFile]:
        return [*self.key_files, *(file for database in self.databases for file in database.files)]

    def authenticated(self, key: DayKey) -> "Manifest":
        """The same with its code of authentication (HMAC-SHA256 over canonical JSON)."""
        return self.model_copy(update={"mac": self._code(key)})

    def check(self, key: DayKey) -> None:
        """Raises BackupRefused: it is not as it was written."""
        if not hmac.compare_digest(self.mac, self._code(key)):
            raise BackupRefused(f"The manifest of {self.name} was changed after it was written.")

    def as_bytes(self) -> bytes:
        return self.model_dump_json(indent=2).encode() + b"\n"

    @classmethod
    def parse(cls, data: bytes, name: str) -> "Manifest":
        """Raises BackupRefused: it is no manifest of the backup of this name."""
        try:
            manifest = cls.model_validate_json(data)
        except ValidationError:
            raise BackupRefused(f"{name} has a manifest that this version cannot read.") from None
        if manifest.name != name:
            raise BackupRefused(f"{name} has the manifest of another backup.")
        return manifest

    def _code(self, key: DayKey) -> str:
        content = self.model_dump(mode="json", exclude={"mac"})
        return hmac.digest(key.manifest_key, rfc8785.dumps(content), "sha256").hex()
