"""What one run consists of: the bus, the emulators, the services, and how to tell that they serve."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from chassis.nats_servers import NatsServers
from contracts.holder import SERVICES
from ops.run.bus_monitor import BusMonitor
from ops.run.configuration import VENDOR_TITLES
from ops.run.environment import service_environment
from ops.run.program import Program
from ops.run.refusal import LaunchRefused
from ops.run.site import Site

BUS_PREPARED_WITHIN_SECONDS = 30


async def nothing_to_prepare() -> None:
    """A bus that needs no streams."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    bus: Program
    prepare_bus: Callable[[], Awaitable[None]] = nothing_to_prepare
    monitor: BusMonitor | None = None
    emulators: tuple[Program, ...] = ()
    services: tuple[Program, ...]
    ready_url: str
    """Answers 200 when all the services serve."""
    record: Mapping[str, Any] = field(default_factory=dict)
    """What run.json says, but for the pids."""
    banner: str = ""


def plan_of(site: Site) -> Plan:
    """The whole platform."""
    from ops import bus_config  # noqa: PLC0415  # imports the contracts, while the preloader imports the rest

    connections = bus_config.connections()
    public_keys = {(role, account): site.keys.nkey_public(role, account) for role, account in connections}
    room = site.data.room("nats")
    configuration = bus_config.render_nats_config(
        public_keys,
        port=site.ports.nats,
        monitor_port=site.ports.nats_own_monitor,
        monitor_path=site.monitor_path,
        store_dir=room / "store",
    )
    admin_seed = site.keys.nkey_seed("admin", "STORE")

    async def prepare_bus() -> None:
        async with asyncio.timeout(BUS_PREPARED_WITHIN_SECONDS):
            await bus_config.init_bus(NatsServers(site.nats_url), admin_seed)

    return Plan(
        bus=bus_program(site, write_private(room / "server.conf", configuration)),
        prepare_bus=prepare_bus,
        monitor=BusMonitor(site.ports.nats_monitor, site.nats_own_monitor_url),
        emulators=tuple(emulator_program(vendor, site) for vendor in site.configuration.emulated_vendors),
        services=tuple(
            Program(
                name=service,
                command=(f"services.{service}",),
                is_module=True,
                environment=service_environment(service, site, connections),
                ready_url=f"{site.public_url}/readyz",
            )
            for service in SERVICES
        ),
        ready_url=f"{site.public_url}/readyz",
        record=record_of(site),
        banner=banner_of(site),
    )


def bus_program(site: Site, configuration: Path) -> Program:
    binary = Path(sys.executable).parent / "nats-server"
    if not binary.is_file():
        raise LaunchRefused(f"nats-server is not installed beside {sys.executable}; run `make setup`.")
    return Program(
        name="nats-server",
        command=(str(binary), "-c", str(configuration)),
        environment=site.basics,
        ready_url=f"{site.nats_own_monitor_url}/healthz",
    )


def emulator_program(vendor: str, site: Site) -> Program:
    if vendor == "smtp":
        port, url = site.ports.mail_sink, site.mail_sink_url
        more = ["--smtp-port", str(site.ports.smtp), "--data", str(site.data.path)]
    else:
        port, url = site.ports.emulators[vendor], site.emulator_url(vendor)
        more = []
    if site.clock_offset_seconds:
        # The vendors live in the same moved time as the services, as they would in the real future.
        more += ["--clock-offset-seconds", str(site.clock_offset_seconds)]
    return Program(
        name=f"emulator-{vendor.replace('_', '-')}",
        command=(f"emulators.{vendor}", "--port", str(port), *more),
        is_module=True,
        environment=site.basics,
        ready_url=f"{url}/__emu/",
    )


def record_of(site: Site) -> dict[str, Any]:
    emulated = [vendor for vendor in site.ports.emulators if site.is_emulated(vendor)]
    return {
        "gateway": site.public_url,
        "nats_monitor": site.nats_monitor_url,
        "mail_sink": site.mail_sink_url if site.is_emulated("smtp") else None,
        "emulators": {vendor: site.emulator_url(vendor) for vendor in emulated},
        "data": str(site.data.path),
    }


def banner_of(site: Site) -> str:
    emulated = ", ".join(VENDOR_TITLES[vendor] for vendor in site.configuration.emulated_vendors)
    lines = ["", f"  Larabot      {site.public_url}"]
    if site.is_emulated("smtp"):
        lines.append(f"  mail sink    {site.mail_sink_url}")
    lines.append(f"  EMULATED     {emulated or 'nothing: every vendor is the real one'}")
    if site.clock_offset_seconds:
        lines.append(f"  CLOCK        moved by {timedelta(seconds=site.clock_offset_seconds)}")
    if not (site.web_directory / "index.html").is_file():
        lines.append("  WEB          not built; run `make web`")
    return "\n".join([*lines, "  stop         Ctrl-C", ""])


def write_private(path: Path, text: str) -> Path:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    return path
