"""The directory of everything the platform keeps on this machine: one run at a time, nobody else's eyes."""

import fcntl
import os
from pathlib import Path

from ops.run.refusal import LaunchRefused


class DataDirectory:
    """DIR of `--data DIR`; locked until it is closed, and no longer than this process lives."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise LaunchRefused(f"{self.path} cannot be used as data directory: {error.strerror}.") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise LaunchRefused(
                f"Another run uses {self.path}. Stop it first, or choose another directory with --data."
            ) from None

    def close(self) -> None:
        """Let others use it."""
        os.close(self._lock)

    def room(self, name: str) -> Path:
        """A private directory for one part."""
        path = self.path / name
        path.mkdir(mode=0o700, exist_ok=True)
        return path
