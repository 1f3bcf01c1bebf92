"""The certificates that an operator gives for the bus, looked at before anything starts with them."""

import ssl
from pathlib import Path

from cryptography import x509

from chassis.nats_servers import CA_FILE, CLIENT_FILE, CLIENT_KEY_FILE
from ops.bus_cluster import SERVER_FILE, SERVER_KEY_FILE
from ops.run.refusal import LaunchRefused

SERVER_FILES = (CA_FILE, SERVER_FILE, SERVER_KEY_FILE)
CLIENT_FILES = (CA_FILE, CLIENT_FILE, CLIENT_KEY_FILE)


def check_certificates(directory: Path, nodes: tuple[str, ...]) -> None:
    """Look at what would otherwise fail when the nodes start.

    Raises:
        LaunchRefused: a file is missing or unreadable, a key belongs to another certificate, or the servers'
            certificate is not made out to every node.
    """
    for certificate, key in ((SERVER_FILE, SERVER_KEY_FILE), (CLIENT_FILE, CLIENT_KEY_FILE)):
        try:
            context = ssl.create_default_context(cafile=str(directory / CA_FILE))
            context.load_cert_chain(directory / certificate, directory / key, password=no_password)
        except (OSError, ValueError):
            raise LaunchRefused(
                f"--nats-tls {directory} must hold {CA_FILE}, {certificate} and its key {key} (no password), as PEM."
            ) from None
    missing = set(nodes) - names_in(directory / SERVER_FILE)
    if missing:
        raise LaunchRefused(
            f"{directory / SERVER_FILE} must name every node as subjectAltName; missing: {', '.join(sorted(missing))}."
        )


def no_password() -> str:
    """Instead of asking on the terminal."""
    raise ValueError("the key has a password")


def names_in(certificate: Path) -> set[str]:
    """Whom a certificate is made out to (DNS names; RFC 9525 looks at nothing else)."""
    try:
        names = x509.load_pem_x509_certificate(certificate.read_bytes()).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except x509.ExtensionNotFound:
        return set()
    return set(names.value.get_values_for_type(x509.DNSName))
