"""Ed25519 signatures (RFC 8032) over the canonical form of a JSON value (RFC 8785), each for one domain alone."""

from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Json = Any


class NotCanonical(ValueError):
    """The value has no canonical JSON form: a number out of range, half a surrogate pair."""


def canonical(value: Json) -> bytes:
    """The RFC 8785 form.

    Raises:
        NotCanonical: the value has none.
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise NotCanonical("it has no canonical JSON form") from error


def signing_input(domain: str, value: Json) -> bytes:
    """The bytes that are signed: the domain, a line feed, the canonical form.

    Raises:
        NotCanonical: the value has no canonical form.
    """
    return domain.encode() + b"\n" + canonical(value)


def sign(seed: str, domain: str, value: Json) -> str:
    """The signature (128 hex digits) with the key of a 32-byte seed (64 hex digits).

    Raises:
        NotCanonical: the value has no canonical form.
    """
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)).sign(signing_input(domain, value)).hex()


def is_signed(public_key: str, signature: str, domain: str, value: Json) -> bool:
    """Whether the signature is that key's; false too for a malformed key or a value without canonical form."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), signing_input(domain, value))
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key_of(seed: str) -> str:
    """The public key of a 32-byte seed; both in hex."""
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)).public_key().public_bytes_raw().hex()
