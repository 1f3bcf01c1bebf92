"""What stands for a person once the person's identifiers are gone: keyed hashes, secrets and commitments."""

import base64
import hashlib
import hmac


def pseudonym(key: bytes, kind: str, value: str) -> str:
    """The keyed hash of an identifier, for the ledger: it tells nothing without the key."""
    return hmac.digest(key, f"{kind}\0{value}".encode(), "sha256").hex()


def case_secret(key: bytes, case_id: str) -> str:
    """The secret that opens a case without a login: derived, so that it is stored nowhere, not even as a hash."""
    digest = hmac.digest(key, f"case-secret\0{case_id}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def opens(key: bytes, case_id: str, secret: str) -> bool:
    """Whether a secret is that of the case, compared in constant time."""
    return hmac.compare_digest(case_secret(key, case_id).encode(), secret.encode())


def nonce(key: bytes, case_id: str) -> bytes:
    """The nonce of a case's address commitments; it is printed on the person's certificate and stored nowhere."""
    return hmac.digest(key, f"certificate-nonce\0{case_id}".encode(), "sha256")


def commitment(case_nonce: bytes, address: str) -> str:
    """Binds a certificate to an address without showing it."""
    return hashlib.sha256(case_nonce + address.encode()).hexdigest()
