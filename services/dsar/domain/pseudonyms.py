"""What stands for a person once the person's identifiers are gone: keyed hashes, secrets and commitments."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from contracts.fields import canonical_address
from contracts.ledger import KeyedHash
from contracts.personal_data import Locator


def pseudonym(key: bytes, kind: str, value: str) -> str:
    """The keyed hash of an identifier, for the ledger: it tells nothing without the key."""
    return hmac.digest(key, f"{kind}\0{value}".encode(), "sha256").hex()


def hashes_of(key: bytes, kind: Locator, values: Sequence[str]) -> list[KeyedHash]:
    """The keyed hashes of identifiers: of an address as it is and in its canonical spelling, since rows hold either."""
    spellings = dict.fromkeys(spelling for value in values for spelling in _spellings(kind, value))
    return [KeyedHash(kind=kind, hash=pseudonym(key, kind.value, spelling)) for spelling in spellings]


def _spellings(kind: Locator, value: str) -> list[str]:
    if kind is not Locator.EMAIL:
        return [value]
    try:
        return [value, canonical_address(value)]
    except ValueError:
        return [value]


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
