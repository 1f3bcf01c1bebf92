"""Several nats-servers as one: which nodes there are, how they reach each other, and the certificates that they show.

https://docs.nats.io/running-a-nats-service/configuration/clustering
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chassis.nats_servers import CA_FILE

CLUSTER = "larabot"
ROUTE_USER = "route"
ROUTE_SECONDS_MAX = 5
SERVER_FILE, SERVER_KEY_FILE = "server.pem", "server-key.pem"


@dataclass(frozen=True, slots=True)
class ClusterNode:
    """One of several nodes: its name, where it hears the others, where they are, and the secret that lets them in."""

    name: str
    listen: str
    others: tuple[str, ...]
    secret: str

    def as_data(self, tls: dict[str, Any] | None) -> dict[str, Any]:
        """The settings of nats-server that make it part of the cluster."""
        return {
            "server_name": self.name,
            "cluster": {
                "name": CLUSTER,
                "listen": self.listen,
                "authorization": {"user": ROUTE_USER, "password": self.secret, "timeout": ROUTE_SECONDS_MAX},
                "routes": [f"nats-route://{ROUTE_USER}:{self.secret}@{other}" for other in self.others],
                # Clients keep to the names they are given: a certificate is not made out to a container's address.
                "no_advertise": True,
                **({"tls": tls} if tls else {}),
            },
        }


def route_tls(directory: Path) -> dict[str, Any]:
    """TLS 1.3 with certificates on both sides; the files lie in the directory that the server sees."""
    return {
        "ca_file": str(directory / CA_FILE),
        "cert_file": str(directory / SERVER_FILE),
        "key_file": str(directory / SERVER_KEY_FILE),
        "verify": True,
        "min_version": "1.3",
        "timeout": ROUTE_SECONDS_MAX,
    }


def client_tls(directory: Path) -> dict[str, Any]:
    """The same for clients, who begin with the handshake: nothing is said in clear that could talk them out of it."""
    return route_tls(directory) | {"handshake_first": True}
