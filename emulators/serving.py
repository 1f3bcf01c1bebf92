"""How an emulator runs: its arguments, its loopback port, its port file and its end."""

import argparse
import asyncio
import json
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiohttp import web

from emulators.core_dumps import forbid_core_dumps
from emulators.door import Door, WatchedConnection

LOOPBACK = "127.0.0.1"
LINE_LIMIT = 16 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    port: int
    port_file: Path | None
    data: Path | None
    smtp_port: int
    clock_offset_seconds: float


@dataclass(frozen=True, slots=True)
class Emulator:
    door: Door
    app: web.Application
    # Opens further ports; gives their names and numbers.
    listen: Callable[[], Awaitable[Mapping[str, int]]] | None = None


def run(name: str, build: Callable[[Options], Emulator], arguments: Sequence[str] | None = None) -> None:
    forbid_core_dumps()
    options = _options(name, arguments)
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(_serve(build, options))


def _options(name: str, arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog=f"python -m emulators.{name}", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--port-file", type=Path, help="JSON of the ports is written here")
    parser.add_argument("--data", type=Path, help="folder for what must outlive a restart")
    parser.add_argument("--host", choices=[LOOPBACK], default=LOOPBACK)
    parser.add_argument("--smtp-port", type=int, default=0, help="mail sink only")
    parser.add_argument("--clock-offset-seconds", type=float, default=0.0, help="live this much later than now")
    parsed = parser.parse_args(arguments)
    return Options(parsed.port, parsed.port_file, parsed.data, parsed.smtp_port, parsed.clock_offset_seconds)


async def _serve(build: Callable[[Options], Emulator], options: Options) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    emulator = build(options)
    emulator.door.clock.start_at(options.clock_offset_seconds)
    runner = web.AppRunner(emulator.app, handler_cancellation=True)
    await runner.setup()
    server = runner.server
    if server is None:
        raise RuntimeError("the server was not set up")
    settings = {"loop": loop, "access_log": None, "max_line_size": LINE_LIMIT}
    connection = partial(WatchedConnection, server, emulator.door.evidence, **settings)
    listener = await loop.create_server(connection, LOOPBACK, options.port)
    ports = {"http": listener.sockets[0].getsockname()[1]}
    if emulator.listen is not None:
        ports.update(await emulator.listen())
    _announce(options.port_file, ports)
    await stop.wait()
    listener.close()
    # Nobody is waited for: an emulator's peers must bear its sudden end.
    for open_connection in server.connections:
        if open_connection.transport is not None:
            open_connection.transport.abort()


def _announce(port_file: Path | None, ports: Mapping[str, int]) -> None:
    text = json.dumps(ports)
    if port_file is None:
        print(text, flush=True)  # noqa: T201 - without a file this is how the port is told
        return
    partial_file = port_file.with_name(port_file.name + ".part")
    partial_file.write_text(text)
    partial_file.replace(port_file)
