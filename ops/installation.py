"""Renders what one installation needs for compose: keys, nats-server's configuration, an environment per service.

Nothing of this is ever committed. Running it again keeps the keys that are there.

What is mounted into a container must be readable by the user inside, whose number depends on the image and, without
root, on the operator's own range; so these files are open to all, below a directory that is open to its owner only.
A container sees its own mount and not that directory; nobody else on the machine comes past it.
"""

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from chassis.nats_servers import CLEAR, TLS
from contracts.holder import SEALING_SERVICES, SERVICES
from ops import bus_config
from ops.bus_certificates import CLIENT_FILES, SERVER_FILES, check_certificates
from ops.bus_cluster import ClusterNode
from ops.run.configuration import VENDOR_TITLES, Configuration, read_configuration
from ops.run.environment import (
    backup_settings,
    key_settings,
    real_speech_addresses,
    real_speech_origins,
    receipt_key,
    seal_key,
)
from ops.run.keys import KeyRing
from ops.run.program import ROOT
from ops.run.refusal import LaunchRefused

PRIVATE, MOUNTED = 0o700, 0o755
NODES = ("nats", "nats-2", "nats-3")
"""The names of nats-servers in the compose network; a single one has the first."""

ROOMS = {
    "keys": PRIVATE,
    "env": PRIVATE,
    **dict.fromkeys(NODES, MOUNTED),
    "nats-tls": MOUNTED,
    "admin": MOUNTED,
    "postgres": MOUNTED,
    "backup": MOUNTED,
}
KEPT_OUT_OF_GIT = ".gitignore"
EXECUTE_BITS = 0o111
PROXY_KEY = "LARABOT_TRUSTED_PROXIES"

NATS_PORT, ROUTE_PORT, HEALTH_PORT, GATEWAY_PORT = 4222, 6222, 8090, 8000
NATS_DIRECTORY, TLS_DIRECTORY, ADMIN_DIRECTORY = Path("/etc/nats"), Path("/etc/larabot/nats-tls"), Path("/run/larabot")
KEYS_DIRECTORY = Path("/var/lib/larabot")
"""Where the containers see what is mounted: `KEYS_DIRECTORY` is a volume that all replicas of a service share."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m ops installation", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="directory for what is rendered; keep it secret")
    parser.add_argument("--public-url", required=True, help="where people reach the gateway, https://…")
    parser.add_argument(
        "--nats-nodes", type=int, choices=(1, len(NODES)), default=1, help="nats-servers, and copies of each stream"
    )
    parser.add_argument(
        "--nats-tls", type=Path, help="certificates for the bus: ca.pem, server.pem, client.pem, *-key.pem"
    )
    asked = parser.parse_args(arguments)
    nodes = NODES[: asked.nats_nodes]
    try:
        if asked.nats_tls:
            check_certificates(asked.nats_tls, nodes)
        configuration = read_configuration(os.environ, ROOT / ".env")  # noqa: TID251  # the operator's settings
        refuse_emulators(configuration, asked.public_url)
        guard(asked.out)
    except LaunchRefused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    bus = BusNodes(nodes, asked.nats_tls)
    Installation(asked.out, asked.public_url.rstrip("/"), configuration, bus).render()
    if PROXY_KEY not in configuration.values:
        print(f"{PROXY_KEY} is not set: all visitors will share the reverse proxy's address, and one limit.")
    print(f"rendered into {asked.out}; start, as the user who owns it, with:")
    files = " ".join(f"-f deploy/compose/{file}" for file in bus.compose_files)
    print(f"  LARABOT_INSTALLATION={asked.out.resolve()} podman-compose {files} up -d --build")
    return 0


def refuse_emulators(configuration: Configuration, public_url: str) -> None:
    if configuration.emulated_vendors:
        missing = ", ".join(VENDOR_TITLES[vendor] for vendor in configuration.emulated_vendors)
        raise LaunchRefused(f"An installation speaks to the real vendors; not configured: {missing}.")
    if not public_url.startswith("https://"):
        raise LaunchRefused("--public-url must begin with https://: the session cookie is for secure connections.")


def guard(out: Path) -> None:
    """Close the directory to everybody but its owner.

    Raises:
        LaunchRefused: it is no directory, or holds what was not rendered here and would be closed as well.
    """
    if out.exists() and (not out.is_dir() or {path.name for path in out.iterdir()} - {*ROOMS, KEPT_OUT_OF_GIT}):
        raise LaunchRefused(f"--out {out} must be new, empty or rendered earlier: it is closed to everybody else.")
    out.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    out.chmod(PRIVATE)


@dataclass(frozen=True, slots=True)
class BusNodes:
    """The nats-servers of an installation, and the directory with their and their clients' certificates, if any."""

    names: tuple[str, ...]
    certificates: Path | None

    @property
    def url(self) -> str:
        """What every client is given."""
        scheme = TLS if self.certificates else CLEAR
        return ",".join(f"{scheme}://{name}:{NATS_PORT}" for name in self.names)

    @property
    def compose_files(self) -> tuple[str, ...]:
        return ("compose.yaml", "cluster.yaml") if len(self.names) > 1 else ("compose.yaml",)

    def node(self, name: str, secret: str) -> ClusterNode | None:
        """How this one reaches the others; None if it is alone."""
        others = tuple(f"{other}:{ROUTE_PORT}" for other in self.names if other != name)
        return ClusterNode(name, f"0.0.0.0:{ROUTE_PORT}", others, secret) if others else None

    def init_arguments(self) -> list[str]:
        """For `python -m ops init-bus`."""
        arguments = ["--url", self.url, "--seed-file", str(ADMIN_DIRECTORY / "admin.seed")]
        arguments += ["--replicas", str(len(self.names))]
        return arguments + (["--tls", str(TLS_DIRECTORY)] if self.certificates else [])


class Installation:
    """The files of one installation."""

    def __init__(self, out: Path, public_url: str, configuration: Configuration, bus: BusNodes) -> None:
        self._out = out
        self._public_url = public_url
        self._configuration = configuration
        self._bus = bus
        self._keys = KeyRing(self._room("keys"))

    def render(self) -> None:
        (self._out / KEPT_OUT_OF_GIT).write_text("*\n")
        self._render_bus()
        self._write("admin/admin.seed", self._keys.nkey_seed("admin", "STORE") + "\n")
        self._write("admin/init-bus.args", "".join(f"{argument}\n" for argument in self._bus.init_arguments()))
        self._write("postgres/databases.sql", "".join(self._database_sql(service) for service in SERVICES))
        self._write("env/postgres.env", f"POSTGRES_PASSWORD={self._keys.secret('postgres')}\n")
        databases = {service: self._database_url(service) for service in SERVICES}
        self._write("backup/databases.json", json.dumps(databases, indent=2) + "\n")
        environments = {service: self._environment(service) for service in SERVICES}
        environments["backup"] = self._configuration.of_reader("backup")
        for reader, environment in environments.items():
            lines = [f"{name}={value}\n" for name, value in sorted(environment.items())]
            self._write(f"env/{reader}.env", "".join(lines))

    def _render_bus(self) -> None:
        """A room per node, and one with the clients' certificate; what an earlier rendering left there goes."""
        for room in (*NODES, "nats-tls"):
            for path in self._room(room).iterdir():
                path.unlink()
        public = {pair: self._keys.nkey_public(*pair) for pair in bus_config.connections()}
        for name in self._bus.names:
            text = bus_config.render_nats_config(
                public,
                port=NATS_PORT,
                monitor_port=None,
                store_dir=Path("/data"),
                host="0.0.0.0",  # inside its container
                cluster=self._bus.node(name, self._keys.secret("nats-route")),
                tls_dir=NATS_DIRECTORY if self._bus.certificates else None,
            )
            self._write(f"{name}/server.conf", text)
            self._copy_certificates(name, SERVER_FILES)
        self._copy_certificates("nats-tls", CLIENT_FILES)

    def _copy_certificates(self, room: str, files: tuple[str, ...]) -> None:
        if self._bus.certificates:
            for file in files:
                self._write(f"{room}/{file}", (self._bus.certificates / file).read_text())

    def _environment(self, service: str) -> dict[str, str]:
        environment = {
            "LARABOT_NATS_URL": self._bus.url,
            "LARABOT_NATS_SEED": self._keys.nkey_seed(service, "APP"),
            "LARABOT_NATS_EVENTS_SEED": self._keys.nkey_seed(service, "EVENTS"),
            "LARABOT_DATABASE_URL": self._database_url(service),
            "LARABOT_RECEIPT_SEED": self._keys.secret(receipt_key(service)),
            "LARABOT_PUBLIC_URL": self._public_url,
            "LARABOT_HEALTH_PORT": str(HEALTH_PORT),
            **self._configuration.of_reader(service),
            **self._own(service),
        }
        if self._bus.certificates:
            environment["LARABOT_NATS_TLS_DIR"] = str(TLS_DIRECTORY)
        if service in SEALING_SERVICES:
            environment["LARABOT_SEAL_KEY"] = self._keys.secret(seal_key(service))
            environment["LARABOT_KEYS_FILE"] = str(KEYS_DIRECTORY / f"{service}.keys")
        if (service, "CONTENT") in bus_config.connections():
            environment["LARABOT_NATS_CONTENT_SEED"] = self._keys.nkey_seed(service, "CONTENT")
        return environment

    def _own(self, service: str) -> dict[str, str]:
        """What differs from one machine's run: addresses inside the compose network."""
        own = key_settings(service, self._keys) | backup_settings(service, self._configuration)
        if service == "gateway":
            own |= {
                "LARABOT_LISTEN_HOST": "0.0.0.0",  # inside its container
                "LARABOT_LISTEN_PORT": str(GATEWAY_PORT),
                "LARABOT_WEB_DIR": "/srv/larabot/web/dist",
                "LARABOT_SPEECH_ORIGINS": " ".join(real_speech_origins(self._configuration)),
            }
        if service == "speechtoken":
            own |= real_speech_addresses(self._configuration)
        return own

    def _database_url(self, service: str) -> str:
        password = self._keys.secret(f"postgres-{service}")
        return f"postgresql+psycopg://{service}:{password}@postgres:5432/{service}"

    def _database_sql(self, service: str) -> str:
        password = self._keys.secret(f"postgres-{service}")
        return f"CREATE ROLE {service} LOGIN PASSWORD '{password}';\nCREATE DATABASE {service} OWNER {service};\n"

    def _room(self, name: str) -> Path:
        path = self._out / name
        path.mkdir(exist_ok=True)
        path.chmod(ROOMS[name])
        return path

    def _write(self, name: str, text: str) -> None:
        room, file_name = name.split("/")
        path = self._room(room) / file_name
        path.write_text(text)
        path.chmod(ROOMS[room] & ~EXECUTE_BITS)
