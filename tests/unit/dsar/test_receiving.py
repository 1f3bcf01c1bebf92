"""A receipt counts only if everything that it claims was checked where it arrives."""

from typing import Any

import pytest

from contracts.dsar import Right
from contracts.fulfilment import HolderReceipt
from contracts.holder import HOLDERS, service_of
from kernel.erasure_receipt import RECEIPT_DOMAIN, Coverage, sign
from services.dsar.usecases.receive_receipt import ReceiveReceipt
from tests.unit.dsar.conftest import COVERAGE, SEEDS, World

LEFT = {**dict.fromkeys(COVERAGE["auth"].emptied, 0), "account": 1}


async def an_erasure(world: World) -> str:
    opened, _ = await world.open(Right.ERASURE)
    erasure_id = world.requests.cases[opened.id].erasure_id
    assert erasure_id is not None
    return erasure_id


def kept(store: str) -> dict[str, str]:
    return {"store": store, "article": "Art. 5(2)", "reason": "proof", "until": "2029-01-01T00:00:00Z"}


def receipt(of: str, erasure_id: str, seed_of: str | None = None, **changed: Any) -> HolderReceipt:
    body = {
        "domain": RECEIPT_DOMAIN,
        "holder": of,
        "service": service_of(of),
        "inventory_hash": COVERAGE[of].inventory_hash,
        "erasure_id": erasure_id,
        "salt": "5c" * 32,
        "erased": dict.fromkeys(COVERAGE[of].emptied, 1),
        "retained": [kept(store) for store in sorted(COVERAGE[of].retained)],
        "probe": dict.fromkeys(COVERAGE[of].emptied, 0),
        "clean": True,
        "at": "2026-11-02T08:00:00Z",
        **changed,
    }
    return sign(SEEDS[seed_of or service_of(of)], body)


async def test_an_honest_receipt_of_every_holder_is_stored_once(world: World) -> None:
    erasure_id = await an_erasure(world)
    for holder in HOLDERS:
        assert await world.receiving.receive(receipt(holder, erasure_id), holder) == "stored"
        assert await world.receiving.receive(receipt(holder, erasure_id), holder) == "duplicate"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"inventory_hash": "0" * 64}, "inventory"),
        ({"inventory_hash": COVERAGE["consent"].inventory_hash}, "inventory"),
        ({"probe": {}}, "probe"),
        ({"probe": {"account": 0}}, "probe"),
        ({"probe": LEFT}, "unexplained"),
        ({"retained": [kept("account")]}, "retained"),
        (
            {"retained": [kept("account")], "probe": LEFT},
            "probe",
        ),
        ({"seed_of": "consent"}, "signature"),
        ({"service": "consent", "seed_of": "consent"}, "service"),
        ({"holder": "consent"}, "subject"),
        ({"clean": False}, "shape"),
        ({"clean": 1}, "shape"),
        ({"note": "more"}, "shape"),
    ],
)
async def test_what_does_not_hold_is_refused_and_shown(world: World, changed: dict[str, Any], code: str) -> None:
    erasure_id = await an_erasure(world)
    assert await world.receiving.receive(receipt("auth", erasure_id, **changed), "auth") == code
    held = {one.holder: one for one in world.requests.receipts.held(erasure_id)}
    assert (held["auth"].refused, held["auth"].received_at) == (code, None)
    assert held["consent"].refused is None
    assert await world.receiving.receive(receipt("auth", erasure_id), "auth") == "stored"


async def test_no_bit_of_a_receipt_can_be_flipped(world: World) -> None:
    erasure_id = await an_erasure(world)
    honest = receipt("consent", erasure_id)
    for position in range(0, 512, 7):
        signature = bytearray(bytes.fromhex(honest.signature))
        signature[position // 8] ^= 1 << position % 8
        flipped = HolderReceipt(body=honest.body, signature=signature.hex())
        assert await world.receiving.receive(flipped, "consent") == "signature"
    changed = HolderReceipt(body={**honest.body, "erased": {"consent": 9}}, signature=honest.signature)
    assert await world.receiving.receive(changed, "consent") == "signature"


async def test_a_receipt_of_another_case_closes_nothing_here(world: World) -> None:
    first = await an_erasure(world)
    assert await world.receiving.receive(receipt("auth", first), "auth") == "stored"
    world.accounts.addresses["account-of-robin"] = "robin@example.org"
    opened, _ = await world.open(Right.ERASURE, account_id="account-of-robin")
    second = world.requests.cases[opened.id].erasure_id
    assert await world.receiving.receive(receipt("auth", first), "auth") == "duplicate"
    assert await world.receiving.receive(receipt("auth", "an-erasure-of-nobody"), "auth") == "unexpected"
    forged = receipt("auth", first).body | {"erasure_id": second}
    assert await world.receiving.receive(HolderReceipt(body=forged, signature="00" * 64), "auth") == "signature"
    assert second is not None
    assert all(held.received_at is None for held in world.requests.receipts.held(second))


async def test_a_receipt_under_the_inventory_of_its_case_counts_when_the_current_one_is_newer(world: World) -> None:
    erasure_id = await an_erasure(world)
    newer = {**COVERAGE, "auth": Coverage("ff" * 32, COVERAGE["auth"].emptied | {"passkey"}, COVERAGE["auth"].retained)}
    keys = world.receiving._receipt_keys  # noqa: SLF001 — the same keys under a newer inventory
    receiving = ReceiveReceipt(world.requests.receipts, keys, newer)
    partial = receipt("auth", erasure_id, inventory_hash="ff" * 32)
    assert await receiving.receive(partial, "auth") == "probe"
    assert await receiving.receive(receipt("auth", erasure_id), "auth") == "stored"
