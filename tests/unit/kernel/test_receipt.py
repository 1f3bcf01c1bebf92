"""Receipts of commands: valid as signed, not with one byte changed, and taken only as an answer to what was asked."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.fulfilment import CommandKind, HolderReceipt
from contracts.holder import HOLDERS
from contracts.personal_data import Locator
from kernel.receipt import (
    EXPLANATIONS,
    RECEIPT_DOMAIN,
    Coverage,
    Expected,
    ReceiptFault,
    coverages,
    fault_of,
    receipt_leaf,
    sign,
    taking_fault,
)
from kernel.signature import public_key_of

SEED, OTHER_SEED = "07" * 32, "08" * 32
KEY = public_key_of(SEED)
BODY: dict[str, Any] = {
    "domain": RECEIPT_DOMAIN,
    "holder": "auth",
    "service": "auth",
    "inventory_hash": "ab" * 32,
    "command_id": "command-0000000001",
    "kind": "erase",
    "salt": "cd" * 32,
    "looked_for": {"account_id": 1, "email": 2},
    "changed": {"account": 1, "session": 3},
    "probe": {"account": 0, "session": 0},
    "retained": [
        {"store": "invoice", "article": "Art. 17(3)(b)", "reason": "bokföring", "until": "2033-01-01T00:00:00Z"}
    ],
    "at": "2026-11-22T10:00:00Z",
}
RECEIPT = sign(SEED, BODY)
FROZEN = Coverage("cd" * 32, frozenset(), frozenset())
CURRENT = Coverage("ab" * 32, probed=frozenset({"account", "session"}), retained=frozenset({"invoice"}))
EXPECTED = Expected(
    holder="auth",
    service="auth",
    command_id="command-0000000001",
    kind=CommandKind.ERASE,
    told={Locator.ACCOUNT_ID: 1, Locator.EMAIL: 2},
    coverages=[FROZEN, CURRENT],
)


def verify(key: str, receipt: HolderReceipt) -> bool:
    return fault_of(receipt.body, receipt.signature, key) is None


def test_a_receipt_is_valid_under_its_own_key_only() -> None:
    assert verify(KEY, RECEIPT)
    assert fault_of(RECEIPT.body, RECEIPT.signature, public_key_of(OTHER_SEED)) is ReceiptFault.SIGNATURE


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


@pytest.mark.parametrize(
    "change",
    [
        {"domain": "larabot-erasure-receipt-v1"},
        {"note": "one member too many"},
        {"kind": "forget"},
        {"changed": []},
        {"probe": {"account": -1}},
        {"looked_for": {"email": True}},
        {"at": None},
    ],
)
def test_a_body_that_is_no_receipts_is_refused_even_if_signed(change: dict[str, Any]) -> None:
    signed = sign(SEED, {**BODY, **change})
    assert fault_of(signed.body, signed.signature, KEY) is ReceiptFault.SHAPE


@pytest.mark.parametrize("missing", sorted(BODY))
def test_a_missing_member_is_refused_even_if_signed(missing: str) -> None:
    assert not verify(KEY, sign(SEED, {name: value for name, value in BODY.items() if name != missing}))


def test_something_left_is_no_receipt_whatever_was_expected() -> None:
    signed = sign(SEED, {**BODY, "probe": {"account": 1, "session": 0}})
    assert fault_of(signed.body, signed.signature, KEY) is ReceiptFault.PROBE


def test_a_receipts_leaf_depends_on_its_salt() -> None:
    other = sign(SEED, {**BODY, "salt": "ce" * 32})
    assert receipt_leaf(RECEIPT.model_dump()) != receipt_leaf(other.model_dump())


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, None),
        ({"probe": {"account": 0, "session": 0, "draft": 0}}, None),
        ({"looked_for": {"account_id": 1, "email": 3, "contact": 0}}, None),
        ({"holder": "consent"}, ReceiptFault.HOLDER),
        ({"service": "consent"}, ReceiptFault.HOLDER),
        ({"command_id": "command-0000000002"}, ReceiptFault.COMMAND),
        ({"kind": "restrict"}, ReceiptFault.COMMAND),
        ({"looked_for": {}}, ReceiptFault.QUESTION),
        ({"looked_for": {"account_id": 1, "email": 1}}, ReceiptFault.QUESTION),
        ({"probe": {}}, ReceiptFault.PROBE),
        ({"probe": {"account": 0}}, ReceiptFault.PROBE),
        ({"retained": []}, ReceiptFault.RETAINED),
        ({"retained": [{**BODY["retained"][0], "store": "account"}]}, ReceiptFault.RETAINED),
        ({"inventory_hash": "00" * 32}, ReceiptFault.INVENTORY),
    ],
)
def test_a_receipt_is_taken_as_an_answer_to_what_was_asked(change: dict[str, Any], fault: ReceiptFault | None) -> None:
    assert taking_fault(sign(SEED, {**BODY, **change}), KEY, EXPECTED) is fault


def test_the_inventory_that_was_frozen_with_the_case_counts_as_well() -> None:
    frozen = sign(SEED, {**BODY, "inventory_hash": "cd" * 32, "probe": {}, "retained": []})
    assert taking_fault(frozen, KEY, EXPECTED) is None
    assert taking_fault(frozen, KEY, replace(EXPECTED, coverages=[CURRENT])) is ReceiptFault.INVENTORY


def test_every_fault_is_explained() -> None:
    assert set(EXPLANATIONS) == set(ReceiptFault)


def test_the_inventories_of_the_platform_say_what_each_holder_must_probe() -> None:
    published = json.loads(Path("contracts/schemas/holders.json").read_bytes())["inventories"]
    found = coverages(published, CommandKind.ERASE)
    assert set(found) == set(HOLDERS)
    assert {"account", "credential", "session"} <= found["auth"].probed
    assert found["brevo"].probed == {"brevo"}
    assert found["brevo"].inventory_hash == found["newsletter"].inventory_hash
    assert "ledger_entry" in found["dsar"].retained
    assert not found["dsar"].retained & found["dsar"].probed
