"""Where backups lie: a folder, or a bucket that speaks S3; `open_target` tells them apart."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from ops.backup.encryption import Sink, Source
from ops.backup.files import sync_directory, written_whole
from ops.backup.manifest import MANIFEST
from ops.backup.refusal import BackupRefused

S3 = "s3://"


class Target(Protocol):
    """Holds backups by name, each a set of files; one without a manifest was never finished."""

    def create(self, backup: str, file: str) -> AbstractContextManager[Sink]:
        """A file to write: it is there once the block has ended without an error, and else it is not."""
        ...

    def read(self, backup: str, file: str) -> AbstractContextManager[Source]:
        """A file to read. Raises BackupRefused: it is not there."""
        ...

    def names(self) -> list[str]:
        """The backups that have a manifest, oldest first."""
        ...

    def unfinished(self) -> list[str]:
        """The names that have files and no manifest."""
        ...

    def delete(self, backup: str) -> None:
        """Remove all files of a backup, its manifest first."""
        ...


class FolderTarget:
    """A folder: a subfolder per backup, readable for its owner only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def create(self, backup: str, file: str) -> Iterator[BinaryIO]:
        room = self.folder / backup
        if not room.is_dir():
            room.mkdir(mode=0o700, parents=True)
            sync_directory(self.folder)
        with written_whole(room / file) as opened:
            yield opened

    @contextmanager
    def read(self, backup: str, file: str) -> Iterator[BinaryIO]:
        path = self.folder / backup / file
        try:
            opened = path.open("rb")
        except FileNotFoundError:
            raise BackupRefused(f"{path} is not there.") from None
        with opened:
            yield opened

    def names(self) -> list[str]:
        return sorted(path.parent.name for path in self.folder.glob(f"*/{MANIFEST}"))

    def unfinished(self) -> list[str]:
        found = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted(path.name for path in found if path.is_dir() and not (path / MANIFEST).exists())

    def delete(self, backup: str) -> None:
        (self.folder / backup / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(self.folder / backup)


def open_target(place: str, settings: Mapping[str, str]) -> Target:
    """The target at `s3://BUCKET/PREFIX` or in a folder; `settings` are the operator's, for S3.

    Raises:
        BackupRefused: S3 is not configured, or lies outside the processors named in the policy.
    """
    if not place.startswith(S3):
        return FolderTarget(Path(place).resolve())
    from ops.backup.s3 import S3Target  # noqa: PLC0415 — a second to import, needed only then

    bucket, _, prefix = place.removeprefix(S3).partition("/")
    return S3Target(bucket, prefix.strip("/"), settings)
