"""Which nats-servers there are and how they are reached; any one of them is enough to connect.

With TLS both sides show a certificate. The handshake comes first, before the server says anything: nats-py would go on
in clear if the server's greeting, which anybody in between can change, did not ask for TLS.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict
from urllib.parse import SplitResult, urlsplit

from pydantic_core import PydanticCustomError

CLEAR, TLS = "nats", "tls"
SERVERS_MAX = 16
CA_FILE, CLIENT_FILE, CLIENT_KEY_FILE = "ca.pem", "client.pem", "client-key.pem"


class ConnectOptions(TypedDict, total=False):
    """What nats-py's `connect` takes of it."""

    servers: list[str]
    tls: ssl.SSLContext
    tls_handshake_first: bool


@dataclass(frozen=True, slots=True)
class NatsServers:
    """Addresses, separated by commas, and the directory with `ca.pem`, `client.pem` and `client-key.pem` for TLS."""

    addresses: str
    tls_directory: Path | None = None

    def options(self) -> ConnectOptions:
        """Where and how nats-py connects.

        Raises:
            ValueError: an address cannot be used, or the addresses do not fit the directory.
            OSError: a certificate or key cannot be read.
        """
        options = ConnectOptions(servers=list(server_urls(self.addresses)))
        check_tls(self.addresses, self.tls_directory)
        if self.tls_directory is not None:
            options |= {"tls": client_context(self.tls_directory), "tls_handshake_first": True}
        return options


def server_urls(addresses: str) -> tuple[str, ...]:
    """Each address of a list `nats://HOST:PORT,…` or `tls://HOST:PORT,…`.

    Raises:
        PydanticCustomError: a ValueError, whose type says which address is wrong and in what, never the address.
    """
    urls = tuple(url.strip() for url in addresses.split(","))
    if len(urls) > SERVERS_MAX:
        raise PydanticCustomError("too_many_servers", "more than 16 servers")
    for number, url in enumerate(urls, 1):
        fault = fault_of(url)
        if fault:
            raise PydanticCustomError(f"server_{number}_{fault}", "not nats://HOST:PORT or tls://HOST:PORT")
    if len({urlsplit(url).scheme for url in urls}) > 1:
        raise PydanticCustomError("servers_with_and_without_tls", "some servers with TLS, some without")
    return urls


def fault_of(url: str) -> str:
    """What is wrong with one address; empty if nothing is."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is_no_address"
    if parts.scheme not in {CLEAR, TLS}:
        return "is_not_nats_or_tls"
    if not parts.hostname or any(letter.isspace() for letter in url):
        return "has_no_host"
    if not port:
        return "has_no_port"
    return "has_more_than_host_and_port" if has_more(parts) else ""


def has_more(parts: SplitResult) -> bool:
    """Whether there is a user, a password, a path, a query or a fragment."""
    return bool("@" in parts.netloc or parts.path or parts.query or parts.fragment)


def check_tls(addresses: str, directory: Path | None) -> None:
    """Refuse TLS without certificates, and certificates that would not be used.

    Raises:
        PydanticCustomError: a ValueError; one is there without the other.
    """
    with_tls = addresses.lstrip().startswith(f"{TLS}://")
    if with_tls and directory is None:
        raise PydanticCustomError("needed_for_tls_servers", "tls:// needs the directory with certificates")
    if directory is not None and not with_tls:
        raise PydanticCustomError("servers_are_not_tls", "certificates are there, but the servers are nats://")


def client_context(directory: Path) -> ssl.SSLContext:
    """TLS 1.3 with our certificate, to servers that the directory's authority vouches for, by name (RFC 9525).

    Raises:
        OSError: a file cannot be read or is no certificate or key.
    """
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(directory / CA_FILE))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(directory / CLIENT_FILE, directory / CLIENT_KEY_FILE)
    return context
