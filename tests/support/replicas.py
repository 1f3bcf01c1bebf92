"""The platform as several replicas of every service: their own processes, one PostgreSQL database for each service.

The bus and the vendors' emulators are those of one run of the launcher; what differs stands in `_environment`.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from ops.run import lifeline
from ops.run.configuration import Configuration
from ops.run.data_directory import DataDirectory
from ops.run.keys import KeyRing
from ops.run.plan import plan_of
from ops.run.ports import any_port, choose_ports, release
from ops.run.program import Program
from ops.run.site import Site, basics_of
from tests.support import http
from tests.support.browserlike import Browserlike
from tests.support.fork_server import ForkedProcess, fork_server
from tests.support.people import Person, own_address
from tests.support.platform import Platform
from tests.support.postgres import PostgresServer

READY_SECONDS_MAX, STOP_SECONDS_MAX = 45, 30
DRAIN_SECONDS = "10"
REFUSED_PAUSE_SECONDS = 0.05


class Process:
    """One process of a plan, forked from the preloader, which starts again as it was."""

    def __init__(self, program: Program, log: Path, environment: dict[str, str], ready_url: str) -> None:
        self.name = program.name
        self._module, *self._arguments = program.command
        self._environment = environment
        self._ready_url = ready_url
        self._log = log
        self._running: ForkedProcess | None = None

    async def start(self) -> None:
        """Start it, and wait until it says of itself that it is ready."""
        await self.spawn()
        await self.until_ready()

    async def spawn(self) -> None:
        server = fork_server()
        with self._log.open("ab") as log:
            self._running = await asyncio.to_thread(
                server.start, self._module, self._environment, log.fileno(), self._arguments
            )

    async def until_ready(self) -> None:
        async with asyncio.timeout(READY_SECONDS_MAX), http.async_client() as client:
            while not await self._is_ready(client):
                assert self._running is not None, f"{self.name} is not started"
                assert self._running.returncode is None, f"{self.name} ended:\n{self._log.read_text()}"
                await asyncio.sleep(0.05)

    async def end(self) -> None:
        """SIGTERM, and wait until it has drained; it must end well."""
        if self._running is None:
            return
        running, self._running = self._running, None
        running.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOP_SECONDS_MAX):
            status = await running.wait()
        assert status == 0, f"{self.name} ended with {status}:\n{self._log.read_text()}"

    async def _is_ready(self, client: httpx.AsyncClient) -> bool:
        with suppress(httpx.TransportError):
            return (await client.get(self._ready_url)).status_code < httpx.codes.BAD_REQUEST
        return False


class RoundRobin(httpx.AsyncBaseTransport):
    """A balancer before the gateways: each request goes to the next one, by a new connection or by a `kept` one.

    Only one that refuses to connect is passed by; what happens after that happens to the request.
    """

    def __init__(self, ports: Iterable[int], address: str | None, *, kept: bool) -> None:
        self._ports = list(ports)
        self._turn = 0
        limits = httpx.Limits(max_keepalive_connections=len(self._ports) if kept else 0)
        self._inner = httpx.AsyncHTTPTransport(
            verify=http.NO_AUTHORITIES, limits=limits, local_address=address, trust_env=False
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._turn += 1
        first, *others = (self._ports[(self._turn + number) % len(self._ports)] for number in range(len(self._ports)))
        for port in others:
            with suppress(httpx.ConnectError):
                return await self._by(port, request)
        return await self._by(first, request)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _by(self, port: int, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(port=port)
        return await self._inner.handle_async_request(request)


class Replicas:
    """So many replicas of every service, on a bus and emulators of their own."""

    def __init__(self, directory: Path, postgres: PostgresServer, count: int) -> None:
        data = DataDirectory(directory / "data")
        self._site = Site(
            configuration=Configuration(),
            ports=choose_ports(0),
            data=data,
            keys=KeyRing(data.room("keys")),
            basics=basics_of(os.environ),  # noqa: TID251 — what a process needs to run at all
        )
        self._plan = plan_of(self._site)
        self._postgres = postgres
        self._bus: asyncio.subprocess.Process | None = None
        self._emulators = [
            Process(program, self._log_of(program.name), dict(program.environment), program.ready_url or "")
            for program in self._plan.emulators
        ]
        self._count = count
        self._ports: list[int] = []
        self.gateways: list[int] = []
        self.of_service: dict[str, list[Process]] = {}
        self.platform = Platform(self._site.data.path)

    async def __aenter__(self) -> Self:
        self._bus = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", lifeline.__file__, str(os.getpid())),
            *self._plan.bus.command,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await self._plan.prepare_bus()
        for program in self._plan.services:
            url = await self._postgres.fresh_database()
            self.of_service[program.name] = [self._replica(program, number, url) for number in range(self._count)]
        started = [*self._emulators, *(one for replicas in self.of_service.values() for one in replicas)]
        await asyncio.gather(*(process.start() for process in started))
        (self._site.data.path / "run.json").write_text(json.dumps(dict(self._plan.record)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end(one for replicas in self.of_service.values() for one in replicas)
        await self._end(self._emulators)
        if self._bus is not None:
            self._bus.terminate()
            await self._bus.wait()
        release(*self._ports)

    def wave(self, number: int) -> list[Process]:
        """The replica of this number of every service."""
        return [replicas[number] for replicas in self.of_service.values()]

    def person(self, *, kept: bool = True) -> Person:
        """Somebody whose browser asks the gateways in turn; `kept`: by connections that it keeps."""
        balancer = RoundRobin(self.gateways, own_address(), kept=kept)
        return Person(self.platform, Browserlike(self.platform.url, transport=balancer))

    def log(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self._site.data.path.glob("*.log")))

    def _replica(self, program: Program, number: int, database_url: str) -> Process:
        health = self._port()
        environment = {
            **program.environment,
            "LARABOT_DATABASE_URL": database_url,
            "LARABOT_HEALTH_PORT": str(health),
            "LARABOT_REPLICAS": str(self._count),
            "LARABOT_DRAIN_SECONDS": DRAIN_SECONDS,
        }
        if program.name == "gateway":
            self.gateways.append(self._port())
            environment["LARABOT_LISTEN_PORT"] = str(self.gateways[-1])
        log = self._log_of(f"{program.name}-{number}")
        return Process(program, log, environment, f"http://127.0.0.1:{health}/readyz")

    def _port(self) -> int:
        self._ports.append(any_port())
        return self._ports[-1]

    def _log_of(self, name: str) -> Path:
        return self._site.data.path / f"{name}.log"

    @staticmethod
    async def _end(processes: Iterable[Process]) -> None:
        await asyncio.gather(*(process.end() for process in processes))
