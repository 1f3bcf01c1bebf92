"""Receipts of erasure: what a holder states, signed with its own key so that nobody else can state it.

The signature covers the domain and the canonical body (RFC 8785), so that it means nothing elsewhere, and not
one byte of the body can be changed. The form is that of `kernel.certificate`, which checks it offline.
"""

from typing import Any

from contracts.dsar import HolderReceipt
from kernel.certificate import RECEIPT_DOMAIN, is_signed, public_key_of
from kernel.certificate import sign as signature_of

DOMAIN = RECEIPT_DOMAIN
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


def sign(seed_hex: str, body: dict[str, Any]) -> HolderReceipt:
    """Sign a receipt's body with the holder's key, given as its 32-byte seed."""
    return HolderReceipt(body=body, signature=signature_of(seed_hex, DOMAIN, body))


def verify(public_key_hex: str, receipt: HolderReceipt) -> bool:
    """Whether a receipt has exactly the members of one, speaks of erasure, and was signed with this key."""
    return _well_formed(receipt.body) and is_signed(public_key_hex, receipt.signature, DOMAIN, receipt.body)


def public_key(seed_hex: str) -> str:
    """The public key of a seed, in hex."""
    return public_key_of(seed_hex)


def _well_formed(body: dict[str, Any]) -> bool:
    if set(body) != set(MEMBERS) or body["domain"] != DOMAIN:
        return False
    return all(type(body[name]) is kind for name, kind in MEMBERS.items())
