"""An authority of the test, and the certificates that nodes and clients of the bus show."""

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from chassis.clock import Clock

DAY = dt.timedelta(days=1)


class Authority:
    """Issues certificates for a day."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of a test")])
        self.certificate = (
            self._begun(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def fill(self, directory: Path, *names: str) -> Path:
        """Write what `--nats-tls` wants: the servers' certificate is made out to these names and to 127.0.0.1."""
        directory.mkdir(parents=True)
        (directory / "ca.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        self._issue(directory, "server", names)
        self._issue(directory, "client", ())
        return directory

    def _issue(self, directory: Path, title: str, names: tuple[str, ...]) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        made_out_to = [x509.DNSName(name) for name in names or (title,)]
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH] + ([ExtendedKeyUsageOID.SERVER_AUTH] if names else [])
        certificate = (
            self._begun(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)]), key.public_key())
            .add_extension(x509.SubjectAlternativeName([*made_out_to, address]), critical=False)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        (directory / f"{title}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (directory / f"{title}-key.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def _begun(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = Clock().now()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
        )
