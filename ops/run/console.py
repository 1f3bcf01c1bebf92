"""The one terminal that all processes share: every line carries the name of the process that wrote it."""

import asyncio
import os
import sys
import zlib
from typing import BinaryIO

LINE_BYTES_MAX = 64 * 1024
NAME_WIDTH = 22
COLOURS = (31, 32, 33, 34, 35, 36, 91, 92, 93, 94, 95, 96)


class Console:
    def __init__(self, out: BinaryIO, *, coloured: bool) -> None:
        self._out = out
        self._coloured = coloured
        self._readers: set[asyncio.Task[None]] = set()

    @classmethod
    def of_this_process(cls) -> "Console":
        return cls(sys.stdout.buffer, coloured=sys.stdout.isatty())

    def say(self, text: str, name: str = "launcher") -> None:
        for line in text.splitlines():
            self._write(name, line.encode())

    def follow(self, name: str, read_fd: int) -> None:
        """Copy what arrives on this pipe, line by line, until its writer is gone."""
        task = asyncio.create_task(self._copy(name, read_fd))
        self._readers.add(task)
        task.add_done_callback(self._readers.discard)

    async def finish(self, timeout_seconds: float = 1) -> None:
        """Let the last words of ended processes through."""
        if self._readers:
            await asyncio.wait(self._readers, timeout=timeout_seconds)

    async def _copy(self, name: str, read_fd: int) -> None:
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_fd, "rb", 0)
        )
        rest = b""
        while chunk := await reader.read(LINE_BYTES_MAX):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LINE_BYTES_MAX:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._write(name, line)
        if rest:
            self._write(name, rest)
        transport.close()

    def _write(self, name: str, line: bytes) -> None:
        prefix = f"{name:<{NAME_WIDTH}}| "
        if self._coloured:
            prefix = f"\x1b[{COLOURS[zlib.crc32(name.encode()) % len(COLOURS)]}m{prefix}\x1b[0m"
        try:
            self._out.write(prefix.encode() + line + b"\n")
            self._out.flush()
        except BrokenPipeError:
            # Whoever read our output is gone; the platform goes on without a listener.
            self._out = open(os.devnull, "wb")  # noqa: SIM115, PTH123  # open until the process ends
