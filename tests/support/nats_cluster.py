"""The nats-servers of an installation as it was rendered, on this machine: only addresses and paths are others."""

import asyncio
import json
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from chassis.nats_servers import NatsServers
from ops.bus_config import main as init_bus
from ops.installation import NATS_PORT, ROUTE_PORT
from ops.run import lifeline
from ops.run.keys import KeyRing
from ops.run.ports import any_port, release
from tests.support import http
from tests.support.nats import BINARY, STOP_SECONDS_MAX

READY_SECONDS_MAX = 60


class NatsCluster:
    """All nodes of a rendered installation; `kill` and `restart` act on one of them.

    A `stranger` among them is started and not waited for, and no streams are made.
    """

    def __init__(self, installation: Path, directory: Path, *, stranger: str = "") -> None:
        self.installation = installation
        self.directory = directory
        self.names = tuple(path.parent.name for path in sorted(installation.glob("nats*/server.conf")))
        self.keys = KeyRing(installation / "keys")
        self._ports = {(name, use): any_port() for name in self.names for use in (NATS_PORT, ROUTE_PORT, "monitor")}
        self._stranger = stranger
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    @property
    def url(self) -> str:
        """The services' setting."""
        lines = (self.installation / "env/dsar.env").read_text().splitlines()
        return self._here(next(line.partition("=")[2] for line in lines if line.startswith("LARABOT_NATS_URL=")))

    @property
    def tls_directory(self) -> Path | None:
        directory = self.installation / "nats-tls"
        return directory if any(directory.iterdir()) else None

    @property
    def servers(self) -> NatsServers:
        return NatsServers(self.url, self.tls_directory)

    def seed(self, role: str, account: str = "APP") -> str:
        return self.keys.nkey_seed(role, account)

    async def __aenter__(self) -> Self:
        for name in self.names:
            await self._start(name)
        await asyncio.gather(*(self._until_ready(name) for name in self.names if name != self._stranger))
        if not self._stranger:
            await self._init()
        return self

    async def _init(self) -> None:
        """Run the init job with the arguments that were rendered for it."""
        arguments = self.directory / "init-bus.args"
        text = self._here((self.installation / "admin/init-bus.args").read_text())
        text = text.replace("/run/larabot", str(self.installation / "admin"))
        arguments.write_text(text.replace("/etc/larabot/nats-tls", str(self.installation / "nats-tls")))
        await asyncio.to_thread(init_bus, [f"@{arguments}"])

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes.values():
            process.terminate()
        async with asyncio.timeout(STOP_SECONDS_MAX):
            await asyncio.gather(*(process.wait() for process in self._processes.values()))
        release(*self._ports.values())

    async def kill(self, name: str) -> None:
        """SIGKILL, as a crash would."""
        process = self._processes.pop(name)
        process.kill()
        await process.wait()

    async def restart(self, name: str) -> None:
        """Start a killed node again on its store; it is ready when it has caught up."""
        await self._start(name)
        await self._until_ready(name)

    def log(self, name: str) -> str:
        return (self.directory / f"{name}.log").read_text()

    async def neighbours(self, name: str) -> set[str]:
        """The nodes that this one has a route to."""
        async with http.async_client() as client:
            found = (await client.get(f"http://127.0.0.1:{self._ports[name, 'monitor']}/routez")).json()
        return {route["remote_name"] for route in found["routes"]}

    def _here(self, text: str) -> str:
        """With this machine's address and ports in place of the names of the compose network."""
        for (name, use), port in self._ports.items():
            text = text.replace(f"/{name}:{use}", f"/127.0.0.1:{port}").replace(f"@{name}:{use}", f"@127.0.0.1:{port}")
        return text

    def _configuration(self, name: str) -> dict[str, Any]:
        text = self._here((self.installation / name / "server.conf").read_text())
        configuration: dict[str, Any] = json.loads(text.replace("/etc/nats", str(self.installation / name)))
        configuration["listen"] = f"127.0.0.1:{self._ports[name, NATS_PORT]}"
        configuration["http"] = f"127.0.0.1:{self._ports[name, 'monitor']}"
        configuration["jetstream"]["store_dir"] = str(self.directory / f"store-{name}")
        if "cluster" in configuration:
            configuration["cluster"]["listen"] = f"127.0.0.1:{self._ports[name, ROUTE_PORT]}"
        return configuration

    async def _start(self, name: str) -> None:
        file = self.directory / f"{name}.conf"
        file.write_text(json.dumps(self._configuration(name)))
        with (self.directory / f"{name}.log").open("ab") as log:
            self._processes[name] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", lifeline.__file__, str(os.getpid())),
                *(str(BINARY), "-c", str(file)),
                stdout=log,
                stderr=log,
            )

    async def _until_ready(self, name: str) -> None:
        async with asyncio.timeout(READY_SECONDS_MAX), http.async_client() as client:
            while not await self._is_healthy(client, name):
                await asyncio.sleep(0.05)

    async def _is_healthy(self, client: httpx.AsyncClient, name: str) -> bool:
        if self._processes[name].returncode is not None:
            raise RuntimeError(f"nats-server ended:\n{self.log(name)}")
        try:
            url = f"http://127.0.0.1:{self._ports[name, 'monitor']}/healthz"
            return (await client.get(url, timeout=1)).is_success
        except httpx.HTTPError:
            return False
