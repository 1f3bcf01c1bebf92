"""All that one run is built from: what was set, where it listens, where it keeps its data and keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

from ops.run.configuration import Configuration
from ops.run.data_directory import DataDirectory
from ops.run.keys import KeyRing
from ops.run.ports import Ports
from ops.run.program import ROOT

NEEDED_BY_ALL = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True)
class Site:
    configuration: Configuration
    ports: Ports
    data: DataDirectory
    keys: KeyRing
    basics: Mapping[str, str]
    """What every process is given of the launcher's own environment, and all that it is given of it."""
    clock_offset_seconds: int = 0
    monitor_path: str = field(default_factory=lambda: f"/{token_hex(16)}", repr=False)
    """Where nats-server's own monitor stands in this run: known to the launcher alone."""

    @property
    def public_url(self) -> str:
        return f"http://localhost:{self.ports.gateway}"

    @property
    def nats_url(self) -> str:
        return f"nats://127.0.0.1:{self.ports.nats}"

    @property
    def nats_monitor_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.nats_monitor}"

    @property
    def nats_own_monitor_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.nats_own_monitor}{self.monitor_path}"

    @property
    def mail_sink_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.mail_sink}"

    def emulator_url(self, vendor: str) -> str:
        return f"http://127.0.0.1:{self.ports.emulators[vendor]}"

    def is_emulated(self, vendor: str) -> bool:
        return vendor in self.configuration.emulated_vendors

    @property
    def web_directory(self) -> Path:
        return ROOT / "web" / "dist"


def basics_of(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in NEEDED_BY_ALL if name in environment}
