"""The whole platform for a test: started as an operator starts it, then asked, killed and stopped at will."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from tests.support import http
from tests.support.browserlike import Browserlike

READY_SECONDS = 90
STOPPED_SECONDS = 40
POLL_SECONDS = 0.1
LOG_TAIL_LINES = 60
ENVIRONMENT_PASSED_ON = ("PATH", "HOME", "LANG")


class Emulator:
    """The control door of one vendor's emulator."""

    def __init__(self, url: str) -> None:
        self.url = url

    def requests(self) -> list[dict[str, Any]]:
        """All that reached the vendor, oldest first."""
        found: list[dict[str, Any]] = self.get("requests")
        return found

    def reset(self) -> None:
        self.post("reset")

    def faults(self, **fault: Any) -> None:
        self.post("faults", fault)

    def clock(self, offset_seconds: float) -> None:
        self.post("clock", {"offset_seconds": offset_seconds})

    def get(self, door: str) -> Any:
        return http.get(f"{self.url}/__emu/{door}").raise_for_status().json()

    def post(self, door: str, body: Any = None) -> httpx.Response:
        return http.post(f"{self.url}/__emu/{door}", json=body).raise_for_status()


class Platform:
    """`python -m ops run --port 0` on a directory of its own, without the settings of whoever runs the tests.

    Bound to no event loop, so that one platform can serve all the tests of a session.
    """

    def __init__(
        self,
        data: Path,
        *options: str,
        settings: dict[str, str] | None = None,
        python: Path = Path(sys.executable),
        module: Sequence[str] = ("ops", "run"),
        tree: Path | None = None,
    ) -> None:
        """Another interpreter, module with its first arguments, and tree of sources are a bench's affair."""
        self.data = data
        self._command = [str(python), "-m", *module]
        self._tree = tree
        self.log = data.with_name(f"{data.name}.log")
        self.temporary = data.with_name(f"{data.name}.tmp")
        self._options = options
        self._settings = settings or {}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        (self.data / "run.json").unlink(missing_ok=True)
        self.temporary.mkdir(parents=True, exist_ok=True)
        basics = {name: os.environ[name] for name in ENVIRONMENT_PASSED_ON if name in os.environ}  # noqa: TID251
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, "--port", "0", "--data", str(self.data.absolute()), *self._options],
                cwd=self._tree,
                env={**basics, "TMPDIR": str(self.temporary), "LARABOT_ENV_FILE": "none", **self._settings},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + READY_SECONDS
        while not self.record():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"the platform did not come up:\n{self.log_tail()}")
            time.sleep(POLL_SECONDS)

    def stop(self) -> int:
        """As Ctrl-C does; the exit status."""
        if not self._process:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(STOPPED_SECONDS)
        finally:
            self._process.kill()
            self._process = None

    def record(self) -> dict[str, Any]:
        """What run.json says now; empty while nothing is ready."""
        with contextlib.suppress(FileNotFoundError):
            found: dict[str, Any] = json.loads((self.data / "run.json").read_text())
            return found
        return {}

    def log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])

    @property
    def url(self) -> str:
        """Of the gateway."""
        return str(self.record()["gateway"])

    @property
    def nats_monitor(self) -> str:
        return str(self.record()["nats_monitor"])

    @property
    def pids(self) -> dict[str, int]:
        record = self.record()
        found: dict[str, int] = {"launcher": record["launcher"], **record["pids"]}
        return found

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Signal one process; the pid it had, for `until_replaced`."""
        pid = self.pids[name]
        os.kill(pid, number)
        return pid

    async def until_replaced(self, name: str, old_pid: int, *, within_seconds: float = 30) -> None:
        async with asyncio.timeout(within_seconds):
            while self.record().get("pids", {}).get(name, old_pid) == old_pid:
                await asyncio.sleep(POLL_SECONDS)

    async def until_ready(self, *, within_seconds: float = 30) -> None:
        """Wait until the gateway finds every service ready."""
        async with asyncio.timeout(within_seconds), http.async_client() as client:
            while not await self._is_ready(client):
                await asyncio.sleep(POLL_SECONDS)

    async def _is_ready(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(f"{self.url}/readyz")).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def browser(self, **headers: str) -> Browserlike:
        """A new visitor, to be used with `async with`."""
        return Browserlike(self.url, headers=headers)

    def emu(self, vendor: str) -> Emulator:
        return Emulator(str(self.record()["emulators"][vendor]))

    @property
    def mail_sink(self) -> Emulator:
        """The control door of the mail sink."""
        return Emulator(str(self.record()["mail_sink"]))

    def mail(self, to: str | None = None, *, page: str = "") -> list[dict[str, Any]]:
        """What the mail sink holds, oldest first; with a page, only messages whose first link leads to it."""
        url = f"{self.record()['mail_sink']}/messages"
        messages: list[dict[str, Any]] = http.get(url).raise_for_status().json()
        return [
            message
            for message in messages
            if (to is None or to in message["to"]) and (not page or urlsplit(message["links"][0]).path.startswith(page))
        ]

    async def next_mail(self, to: str, *, page: str = "", after: int = 0, within_seconds: float = 15) -> dict[str, Any]:
        """The first message to this address after the given number of earlier ones.

        Letters overtake each other: where another one can be on its way, the page of the action link tells them apart.
        """
        async with asyncio.timeout(within_seconds):
            while len(messages := self.mail(to, page=page)) <= after:
                await asyncio.sleep(POLL_SECONDS)
        return messages[after]
