"""Who is measured: how each is started, asked and ended."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.bench.text_path.orders import Order
from tests.bench.text_path.processes import Pids, family

ROOT = Path(__file__).resolve().parents[3]
ARTIFACTS = ROOT / ".artifacts" / "bench"
LOOPBACK = "127.0.0.1"
AZURE_PATH = "/openai/deployments/school/chat/completions?api-version=2024-10-21"
INSTRUCTION = "Rewrite the text so that it is easy to read. Answer with the result alone. " * 4
POLL_SECONDS = 0.05
START_SECONDS_MAX = 120
STOP_SECONDS_MAX = 40


class CannotStart(Exception):
    """A contestant is not there; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A running contestant. `request` gives the bytes of the nth person's request."""

    name: str
    address: tuple[str, int]
    request: Callable[[int, Order], bytes]
    pids: Callable[[], Pids]
    start_seconds: float = 0.0


def http_request(path: str, headers: Mapping[str, str], body: object) -> bytes:
    data = json.dumps(body, separators=(",", ":")).encode()
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    lines += ["Content-Type: application/json", f"Content-Length: {len(data)}", "", ""]
    return "\r\n".join(lines).encode() + data


def chat(order: Order, **more: object) -> dict[str, object]:
    """The body that OpenAI and Azure take."""
    messages = [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": order.text()}]
    options = {"stream_options": {"include_usage": True}} if order.stream else {}
    return {**more, "messages": messages, "temperature": 0.3, "max_tokens": 16_000, "stream": order.stream, **options}


def azure_request(_: int, order: Order) -> bytes:
    return http_request(AZURE_PATH, {"Host": "localhost", "api-key": "emulator-key"}, chat(order))


class Process:
    """A started program, its output in a file."""

    def __init__(
        self, command: list[str], log: Path, *, cwd: Path = ROOT, env: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        with log.open("wb") as out:
            self._popen: subprocess.Popen[bytes] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=cwd, env=env
            )
        self.pid = self._popen.pid
        self.began = time.monotonic()

    async def until(self, is_ready: Callable[[], bool]) -> float:
        """The seconds from its start until it is ready.

        Raises:
            CannotStart: it ended or took too long.
        """
        while not is_ready():
            if self._popen.poll() is not None or time.monotonic() - self.began > START_SECONDS_MAX:
                self.stop()
                raise CannotStart(f"did not come up: {self.last_words()}")
            await asyncio.sleep(POLL_SECONDS)
        return time.monotonic() - self.began

    def last_words(self) -> str:
        return " / ".join(self.log.read_text(errors="replace").splitlines()[-3:])

    def stop(self) -> None:
        self._popen.terminate()
        try:
            self._popen.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=5).is_success
    except httpx.TransportError:
        return False


@dataclass(frozen=True, slots=True)
class Vendor:
    """The stub that all contestants ask."""

    process: Process
    port: int

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def contestant(self) -> Contestant:
        return Contestant("direct", (LOOPBACK, self.port), azure_request, dict)


async def start_vendor(room: Path) -> Vendor:
    process = Process([sys.executable, "-m", "tests.bench.text_path.stub"], room / "stub.log")
    await process.until(lambda: process.log.read_text().endswith("\n"))
    return Vendor(process, int(process.log.read_text()))


def with_children(**pids: int) -> Callable[[], Pids]:
    return lambda: {name: family(pid) for name, pid in pids.items()}
