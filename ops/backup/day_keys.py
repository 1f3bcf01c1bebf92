"""Day keys: what one day's backups are encrypted to (age, X25519), kept apart from data and backups, and destroyed.

A backup ends when the key of its day is destroyed, wherever copies of its bytes may still lie. The day on which that
happens is written into the key's file when it is made, so that a longer period set later does not lengthen what
certificates have said already. A file is an identity of age (https://age-encryption.org/v1): `age -d -i FILE` reads
the backups of its day.
"""

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pyrage import IdentityError, x25519

from ops.backup.files import forget_entry, sync_directory, write_private
from ops.backup.kinds import Kind
from ops.backup.refusal import BackupRefused

FILE_BYTES_MAX = 4096
SUFFIX = ".age-key"
END = re.compile(r"^# destroyed on: (\d{4}-\d{2}-\d{2})$", re.MULTILINE)
SECRET = re.compile(r"^AGE-SECRET-KEY-1[0-9A-Z]+$", re.MULTILINE)
MANIFEST_INFO = b"larabot-backup-manifest-v1"
MANIFEST_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class DayKey:
    """The key of one day and kind; `ends` is the day on which it is destroyed."""

    day: date
    ends: date
    identity: x25519.Identity

    @property
    def manifest_key(self) -> bytes:
        """What manifests of the day are authenticated with."""
        return HKDF(SHA256(), MANIFEST_KEY_BYTES, salt=None, info=MANIFEST_INFO).derive(str(self.identity).encode())


class DayKeys:
    """The directory of day keys: `data/2026-11-28.age-key`, `subject-keys/2026-11-28.age-key`, for its owner only."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Let nobody else write or end backups meanwhile.

        Raises:
            BackupRefused: another backup is under way, or the directory cannot be used.
        """
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise BackupRefused(f"{self.directory} cannot hold day keys: {error.strerror}.") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise BackupRefused("Another backup is under way; wait until it has ended.") from None
        finally:
            os.close(lock)

    def of_today(self, kind: Kind, today: date, days: int) -> DayKey:
        """The key of today; made, and on the disk, if there is none yet."""
        path = self._path(kind, today)
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_directory(self.directory)
            ends = today + timedelta(days=days)
            head = f"# key of the {kind.value} backups of {today}\n# destroyed on: {ends}\n"
            write_private(path, f"{head}{x25519.Identity.generate()}\n".encode())
        return self.of_day(kind, today)

    def of_day(self, kind: Kind, day: date) -> DayKey:
        """The key of a day.

        Raises:
            BackupRefused: it was destroyed or is not here, or the file is none.
        """
        path = self._path(kind, day)
        try:
            with path.open("rb") as file:
                text = file.read(FILE_BYTES_MAX).decode()
            ends = date.fromisoformat(END.findall(text)[0])
            return DayKey(day, ends, x25519.Identity.from_str(SECRET.findall(text)[0]))
        except FileNotFoundError:
            raise BackupRefused(
                f"The key of {day} is not in {path.parent}: destroyed, or kept elsewhere. Without it nobody can read "
                "that day's backups."
            ) from None
        except (IndexError, ValueError, IdentityError):
            raise BackupRefused(f"{path} is not a day key.") from None

    def days(self, kind: Kind) -> list[date]:
        """The days whose keys are here, in order."""
        found = (path.name.removesuffix(SUFFIX) for path in (self.directory / kind.value).glob(f"*{SUFFIX}"))
        return sorted(date.fromisoformat(day) for day in found)

    def destroy(self, kind: Kind, day: date) -> None:
        """Overwrite a key's file with zeros and remove it; copies that somebody made of the file stay theirs."""
        path = self._path(kind, day)
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        forget_entry(path)

    def destroy_ended(self, kind: Kind, today: date, days: int) -> list[date]:
        """Destroy the keys whose day of ending has come, by their own word or by the present period; which ones."""
        ended = []
        for day in self.days(kind):
            if min(self.of_day(kind, day).ends, day + timedelta(days=days)) <= today:
                self.destroy(kind, day)
                ended.append(day)
        return ended

    def _path(self, kind: Kind, day: date) -> Path:
        return self.directory / kind.value / f"{day}{SUFFIX}"
