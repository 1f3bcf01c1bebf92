"""How far it is: a line that counts on a terminal, and one line per finished piece everywhere else."""

import sys
import time
from typing import TextIO

from ops.backup.encryption import Source

REFRESH_SECONDS = 0.2
MEGABYTE = 1024 * 1024


class Progress:
    """Tells the operator what is being done and how many bytes have passed."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._counts = self._out.isatty()
        self._shown_at = 0.0

    def say(self, text: str) -> None:
        """A line that stays."""
        self._out.write(f"{text}\n")
        self._out.flush()

    def watch(self, what: str, source: Source, total: int | None = None) -> "Watched":
        """The same source, with its bytes counted on the terminal as they pass."""
        return Watched(self, what, source, total)

    def finished(self, what: str, size: int) -> None:
        """A piece is done: its size in bytes."""
        self._clear()
        self.say(f"  {what:<14}{size / MEGABYTE:>10.1f} MB")

    def show(self, what: str, size: int, total: int | None) -> None:
        """Write the counting line again, if it is time to."""
        if not self._counts or time.monotonic() - self._shown_at < REFRESH_SECONDS:
            return
        self._shown_at = time.monotonic()
        share = f" of {total / MEGABYTE:.1f} MB ({100 * size // max(total, 1)} %)" if total else " MB"
        self._clear()
        self._out.write(f"  {what:<14}{size / MEGABYTE:>10.1f}{share}")
        self._out.flush()

    def _clear(self) -> None:
        if self._counts:
            self._out.write("\r\x1b[K")


class Watched:
    """A source whose bytes are counted."""

    def __init__(self, progress: Progress, what: str, source: Source, total: int | None) -> None:
        self._progress = progress
        self._what = what
        self._source = source
        self._total = total
        self._size = 0

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._size += len(data)
        self._progress.show(self._what, self._size, self._total)
        return data
