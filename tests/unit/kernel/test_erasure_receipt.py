"""Receipts: valid as signed, and not with one byte changed."""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.fulfilment import HolderReceipt
from contracts.holder import HOLDERS
from kernel.erasure_receipt import (
    RECEIPT_DOMAIN,
    Coverage,
    ReceiptBody,
    ReceiptFault,
    coverage_fault,
    coverages,
    fault_of,
    sign,
)
from kernel.signature import public_key_of

SEED, OTHER_SEED = "07" * 32, "08" * 32
KEY = public_key_of(SEED)
BODY: dict[str, Any] = {
    "domain": RECEIPT_DOMAIN,
    "holder": "auth",
    "service": "auth",
    "inventory_hash": "ab" * 32,
    "erasure_id": "erasure-0000000001",
    "salt": "cd" * 32,
    "erased": {"account": 1, "session": 3},
    "retained": [
        {"store": "invoice", "article": "Art. 17(3)(b)", "reason": "bokföring", "until": "2033-01-01T00:00:00Z"}
    ],
    "probe": {"account": 0, "session": 0},
    "clean": True,
    "at": "2026-11-22T10:00:00Z",
}
RECEIPT = sign(SEED, BODY)


def verify(key: str, receipt: HolderReceipt) -> bool:
    return fault_of(receipt.body, receipt.signature, key) is None


def test_a_receipt_is_valid_under_its_own_key_only() -> None:
    assert verify(KEY, RECEIPT)
    assert not verify(public_key_of(OTHER_SEED), RECEIPT)


def test_a_receipt_survives_the_bus() -> None:
    assert verify(KEY, HolderReceipt.model_validate_json(RECEIPT.model_dump_json()))


def test_the_order_of_members_does_not_matter() -> None:
    assert sign(SEED, dict(reversed(BODY.items()))).signature == RECEIPT.signature


def test_no_byte_of_the_body_can_be_changed() -> None:
    text = json.dumps(BODY, ensure_ascii=False).encode()
    for position, byte in enumerate(text):
        changed = text[:position] + bytes([byte ^ 1]) + text[position + 1 :]
        try:
            body = json.loads(changed)
        except ValueError:
            continue
        assert body == BODY or not verify(KEY, HolderReceipt(body=body, signature=RECEIPT.signature)), position


def test_no_byte_of_the_signature_can_be_changed() -> None:
    signature = bytes.fromhex(RECEIPT.signature)
    for position in range(len(signature)):
        changed = signature[:position] + bytes([signature[position] ^ 1]) + signature[position + 1 :]
        assert not verify(KEY, HolderReceipt(body=BODY, signature=changed.hex())), position


@pytest.mark.parametrize(
    "change",
    [
        {"domain": "larabot-erasure-receipt-v2"},
        {"note": "one member too many"},
        {"clean": 1},
        {"erased": []},
        {"at": None},
        {"erased": {"account": float("nan")}},
    ],
)
def test_a_body_that_is_no_receipts_is_refused_even_if_signed(change: dict[str, Any]) -> None:
    body = {**BODY, **change}
    try:
        signed = sign(SEED, body)
    except ValueError:
        signed = HolderReceipt(body=body, signature=RECEIPT.signature)
    assert not verify(KEY, signed)


@pytest.mark.parametrize("missing", sorted(BODY))
def test_a_missing_member_is_refused_even_if_signed(missing: str) -> None:
    assert not verify(KEY, sign(SEED, {name: value for name, value in BODY.items() if name != missing}))


@pytest.mark.parametrize("key", ["", "zz", "00" * 31, KEY[:-2], KEY + "00", "00" * 32])
def test_a_malformed_key_verifies_nothing(key: str) -> None:
    assert not verify(key, RECEIPT)


COVERAGE = Coverage("ab" * 32, emptied=frozenset({"account", "session"}), retained=frozenset({"invoice"}))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, None),
        ({"probe": {"account": 0, "session": 0, "draft": 0}}, None),
        ({"probe": {}}, ReceiptFault.PROBE),
        ({"probe": {"account": 0}}, ReceiptFault.PROBE),
        ({"probe": {"account": 0, "session": 0, "invoice": 1}}, ReceiptFault.PROBE),
        ({"retained": []}, ReceiptFault.RETAINED),
        ({"retained": [{**BODY["retained"][0], "store": "account"}]}, ReceiptFault.RETAINED),
        ({"inventory_hash": "00" * 32}, ReceiptFault.INVENTORY),
    ],
)
def test_a_receipt_covers_what_the_inventory_names(change: dict[str, Any], fault: ReceiptFault | None) -> None:
    stated = ReceiptBody.model_validate({**BODY, **change})
    assert coverage_fault(stated, [Coverage("cd" * 32, frozenset(), frozenset()), COVERAGE]) is fault


def test_the_inventories_of_the_platform_say_what_each_holder_must_probe() -> None:
    published = json.loads(Path("contracts/schemas/holders.json").read_bytes())["inventories"]
    found = coverages(published)
    assert set(found) == set(HOLDERS)
    assert {"account", "credential", "session"} <= found["auth"].emptied
    assert found["brevo"].emptied == {"brevo"}
    assert found["brevo"].inventory_hash == found["newsletter"].inventory_hash
    assert "ledger_entry" in found["dsar"].retained
    assert not found["dsar"].retained & found["dsar"].emptied
