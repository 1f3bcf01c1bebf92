"""A real nats-server under the real configuration with fresh keys, for one test."""

import asyncio
import atexit
import functools
import os
import shutil
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import nats
from nats.aio.client import Client

from chassis.nats_servers import NatsServers
from ops.bus_config import connections, init_bus, render_nats_config
from ops.run import lifeline
from ops.run.keys import KeyRing
from ops.run.ports import any_port, release
from tests.support import http

BINARY = Path(sys.executable).parent / "nats-server"
READY_SECONDS_MAX = 15
STOP_SECONDS_MAX = 10


@functools.cache
def prepared_store() -> Path:
    """The store of this test process's first server with its streams and durables, empty: later ones begin with a copy.

    Making them takes as long as the rest of a server's start; the files bear the accounts' names and no keys.
    """
    directory = Path(tempfile.mkdtemp(prefix="larabot-streams-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory


class NatsServer:
    """Starts with streams and durables in place; keeps its port, keys and store over `kill` and `restart`."""

    def __init__(self, directory: Path, *, monitor_path: str = "") -> None:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "keys").mkdir(exist_ok=True)
        self.directory = directory
        self._monitor_path = monitor_path
        self.keys = KeyRing(directory / "keys")
        self.port = any_port()
        self.monitor_port = any_port()
        self.configuration = directory / "server.conf"
        self.log = directory / "server.log"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def servers(self) -> NatsServers:
        return NatsServers(self.url)

    @property
    def monitor_url(self) -> str:
        return f"http://127.0.0.1:{self.monitor_port}{self._monitor_path}"

    @property
    def store(self) -> Path:
        return self.directory / "store"

    def seed(self, role: str, account: str = "APP") -> str:
        return self.keys.nkey_seed(role, account)

    async def connect(self, role: str, account: str = "APP", **options: Any) -> Client:
        """A bare connection of a role, as its service would make it."""
        client = nats.connect(
            self.url,
            nkeys_seed_str=self.seed(role, account),
            inbox_prefix=f"_INBOX.{role}".encode(),
            **options,
        )
        return await client

    async def __aenter__(self) -> Self:
        public_keys = {pair: self.keys.nkey_public(*pair) for pair in connections()}
        text = render_nats_config(
            public_keys,
            port=self.port,
            monitor_port=self.monitor_port,
            store_dir=self.store,
            monitor_path=self._monitor_path or "/",
        )
        self.configuration.write_text(text)
        prepared = prepared_store()
        if any(prepared.iterdir()) and not self.store.exists():
            shutil.copytree(prepared, self.store)
            await self.restart()
            return self
        await self.restart()
        await init_bus(self.servers, self.seed("admin", "STORE"))
        if not any(prepared.iterdir()):
            await self.stop()
            shutil.copytree(self.store, prepared, dirs_exist_ok=True)
            await self.restart()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        release(self.port, self.monitor_port)

    async def restart(self) -> None:
        """Stop it if it runs, and start it again on the same store."""
        await self.stop()
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", lifeline.__file__, str(os.getpid())),
                *(str(BINARY), "-c", str(self.configuration)),
                stdout=log,
                stderr=log,
            )
        await self._until_ready()

    async def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None

    async def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        async with asyncio.timeout(STOP_SECONDS_MAX):
            await self._process.wait()
        self._process = None

    async def _until_ready(self) -> None:
        async with asyncio.timeout(READY_SECONDS_MAX), http.async_client() as client:
            while not await self._is_healthy(client):
                await asyncio.sleep(0.02)

    async def _is_healthy(self, client: httpx.AsyncClient) -> bool:
        if self._process is None or self._process.returncode is not None:
            raise RuntimeError(f"nats-server ended:\n{self.log.read_text()}")
        try:
            return (await client.get(f"{self.monitor_url}/healthz", timeout=1)).is_success
        except httpx.HTTPError:
            return False
