"""An emulator as its own process, as it is run for real."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import http

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 20.0


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    ports: dict[str, int]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['http']}"

    def get(self, path: str, **options: Any) -> Any:
        return http.get(f"{self.url}{path}", timeout=10, **options).raise_for_status().json()

    def post(self, path: str, body: Any = None) -> Any:
        return http.post(f"{self.url}{path}", json=body, timeout=10).raise_for_status().json()

    def requests(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/__emu/requests")
        return found

    def fault(self, **order: Any) -> None:
        self.post("/__emu/faults", order)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(10)


def start(name: str, folder: Path, *arguments: str) -> Running:
    port_file = folder / f"{name}-ports.json"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", f"emulators.{name}", "--port", "0", "--port-file", str(port_file), *arguments]
    process = subprocess.Popen(command, cwd=ROOT)
    give_up = time.monotonic() + START_SECONDS
    while not port_file.exists():
        if process.poll() is not None or time.monotonic() > give_up:
            process.kill()
            raise RuntimeError(f"{name} did not start")
        time.sleep(0.02)
    return Running(process, json.loads(port_file.read_text()))
