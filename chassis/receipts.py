"""Receipts of erasure: what a holder states, signed with its own key so that nobody else can state it.

The signature covers the domain and the canonical body (RFC 8785), so that it means nothing elsewhere, and not
one byte of the body can be changed.
"""

from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import JsonValue

from contracts.dsar import HolderReceipt

DOMAIN = "larabot-erasure-receipt-v1"
MEMBERS: dict[str, type] = {
    "domain": str,
    "holder": str,
    "service": str,
    "inventory_hash": str,
    "erasure_id": str,
    "salt": str,
    "erased": dict,
    "retained": list,
    "probe": dict,
    "clean": bool,
    "at": str,
}


def sign(seed_hex: str, body: dict[str, JsonValue]) -> HolderReceipt:
    """Sign a receipt's body with the holder's key, given as its 32-byte seed."""
    signature = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed_hex)).sign(_signed_bytes(body))
    return HolderReceipt(body=body, signature=signature.hex())


def verify(public_key_hex: str, receipt: HolderReceipt) -> bool:
    """Whether a receipt has exactly the members of one, speaks of erasure, and was signed with this key."""
    if not _well_formed(receipt.body):
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key_hex))
        key.verify(bytes.fromhex(receipt.signature), _signed_bytes(receipt.body))
    except (InvalidSignature, ValueError, rfc8785.CanonicalizationError):
        return False
    return True


def public_key(seed_hex: str) -> str:
    """The public key of a seed, in hex."""
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed_hex)).public_key().public_bytes_raw().hex()


def _well_formed(body: dict[str, Any]) -> bool:
    if set(body) != set(MEMBERS) or body["domain"] != DOMAIN:
        return False
    return all(type(body[name]) is kind for name, kind in MEMBERS.items())


def _signed_bytes(body: dict[str, Any]) -> bytes:
    return DOMAIN.encode() + b"\n" + rfc8785.dumps(body)
