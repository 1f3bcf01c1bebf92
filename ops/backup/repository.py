"""Backups of one kind: where they lie, which day's keys they are encrypted to, and when both end."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chassis.clock import Clock
from ops.backup.day_keys import DayKey, DayKeys
from ops.backup.encryption import MeteredSource, Source, decrypt, encrypt
from ops.backup.kinds import Kind
from ops.backup.manifest import MANIFEST, MANIFEST_BYTES_MAX, Manifest, StoredFile
from ops.backup.progress import Progress
from ops.backup.refusal import BackupRefused
from ops.backup.targets import Target

TIME = "%Y%m%dT%H%M%SZ"
UNFINISHED_KEPT = timedelta(days=1)
LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Ended:
    """What has ended: the days whose keys were destroyed, the backups that were removed."""

    days: list[date]
    backups: list[str]


@dataclass(frozen=True, slots=True)
class Repository:
    """Backups of one kind; `days` is how long the key of a day is kept."""

    kind: Kind
    target: Target
    keys: DayKeys
    days: int
    clock: Clock
    progress: Progress

    def begin(self) -> "Draft":
        """A new backup under the key of today."""
        now = self.clock.now()
        key = self.keys.of_today(self.kind, now.date(), self.days)
        return Draft(self, f"{self.kind.value}-{now.strftime(TIME)}", now, key)

    def resolve(self, name: str) -> str:
        """The name itself, or that of the newest backup for `latest`.

        Raises:
            BackupRefused: there is none.
        """
        names = [found for found in self.target.names() if self._made_at(found)]
        if name == LATEST and names:
            return names[-1]
        if name not in names:
            listed = ", ".join(names[-5:]) or "none"
            raise BackupRefused(f"There is no backup {name} of {self.kind.value}; the newest ones: {listed}.")
        return name

    def open(self, name: str) -> tuple[Manifest, DayKey]:
        """A backup's manifest and the key of its day.

        Raises:
            BackupRefused: it is not there, was changed, or its key is gone.
        """
        with self.target.read(name, MANIFEST) as file:
            manifest = Manifest.parse(_all_of(file), name)
        key = self.keys.of_day(self.kind, date.fromisoformat(manifest.day))
        manifest.check(key)
        return manifest, key

    def check(self, name: str) -> Manifest:
        """Read a backup back and decrypt all of it.

        Raises:
            BackupRefused: a file is missing, was changed or cannot be decrypted.
        """
        manifest, key = self.open(name)
        for stored in manifest.files:
            with self.target.read(name, stored.name) as file:
                watched = self.progress.watch(stored.name, file, stored.size)
                refuse_change(stored, decrypt(watched, Nowhere(), key))
        return manifest

    def expire(self) -> Ended:
        """Destroy the keys of the days that have ended, then remove their backups and what was never finished."""
        today = self.clock.now().date()
        days = self.keys.destroy_ended(self.kind, today, self.days)
        kept = set(self.keys.days(self.kind))
        removed = [name for name in self.target.names() if self._has_ended(name, today, kept)]
        removed += [name for name in self.target.unfinished() if self._was_given_up(name)]
        for name in removed:
            self.target.delete(name)
        return Ended(days, removed)

    def _has_ended(self, name: str, today: date, kept: set[date]) -> bool:
        """Its time is over and its key is gone; a key that is merely kept elsewhere does not end a backup."""
        made_at = self._made_at(name)
        return made_at is not None and made_at.date() not in kept and made_at.date() + timedelta(self.days) <= today

    def _was_given_up(self, name: str) -> bool:
        made_at = self._made_at(name)
        return made_at is not None and made_at + UNFINISHED_KEPT <= self.clock.now()

    def _made_at(self, name: str) -> datetime | None:
        """When a backup of this kind was made; None: the name is none of ours, and is left alone."""
        found = re.fullmatch(rf"{self.kind.value}-(\d{{8}}T\d{{6}}Z)", name)
        return datetime.strptime(found[1], TIME).replace(tzinfo=UTC) if found else None


class Draft:
    """A backup while it is being written; without its manifest it is none."""

    def __init__(self, repository: Repository, name: str, made_at: datetime, key: DayKey) -> None:
        self.name = name
        self._repository = repository
        self._made_at = made_at
        self._key = key

    def store(self, file_name: str, source: Source, what: str, total: int | None = None) -> StoredFile:
        """Encrypt a source into a file of this backup."""
        watched = self._repository.progress.watch(what, source, total)
        with self._repository.target.create(self.name, file_name) as sink:
            written = encrypt(watched, sink, self._key)
        return StoredFile(name=file_name, size=written.size, sha256=written.sha256)

    def finish(self, **contents: Any) -> Manifest:
        """Write the manifest: from here on it is a backup."""
        manifest = Manifest(
            name=self.name,
            kind=self._repository.kind,
            day=str(self._key.day),
            ends=str(self._key.ends),
            made_at=self._made_at,
            **contents,
        ).authenticated(self._key)
        with self._repository.target.create(self.name, MANIFEST) as sink:
            sink.write(manifest.as_bytes())
        return manifest


class Nowhere:
    """Takes everything and keeps nothing."""

    def write(self, data: bytes, /) -> None:
        """Forget it."""


def refuse_change(stored: StoredFile, read: MeteredSource) -> None:
    """Raises BackupRefused: what was read is not what was stored."""
    if (read.size, read.sha256) != (stored.size, stored.sha256):
        raise BackupRefused(f"{stored.name} was changed after it was written.")


def _all_of(file: Source) -> bytes:
    data = b""
    while len(data) <= MANIFEST_BYTES_MAX and (more := file.read(MANIFEST_BYTES_MAX)):
        data += more
    return data
