"""Receipts that prove nothing are refused without harm: forged, doubled, late, or of the wrong store."""

import asyncio
import json
import sqlite3

import pytest

from contracts.dsar import CLAIM, ClaimRequest
from contracts.errors import ErrorKind, Refusal
from kernel.certificate import check
from services.dsar.domain.log_proofs import PADDED_TO
from tests.integration.dsar.cases import Dsar


async def erasure_id_of(dsar: Dsar) -> str:
    """The id of the one erasure, once a holder has been asked."""
    async with asyncio.timeout(10):
        while not dsar.holders.deliveries:
            await asyncio.sleep(0.02)
    return dsar.holders.deliveries[0][1]


async def test_only_a_receipt_that_holds_counts_and_a_refused_one_is_shown(dsar: Dsar) -> None:
    toys = dsar.holders
    toys.person("account-of-the-replayed")
    closed = await dsar.open("account-of-the-replayed", "erasure")
    await dsar.until(closed, "closed")
    replayed = toys.receipt("consent", await erasure_id_of(dsar))
    toys.person("account-of-the-forger")
    toys.deliveries.clear()
    toys.down.add("consent")
    opened = await dsar.open("account-of-the-forger", "erasure")
    erasure_id = await erasure_id_of(dsar)
    honest = toys.receipt("consent", erasure_id)
    flipped = honest.model_copy(update={"body": {**honest.body, "erased": {"toy": 2}}})
    refused = [
        ("auth", toys.receipt("consent", erasure_id, seed_of="auth"), "subject"),
        ("consent", toys.receipt("consent", erasure_id, seed_of="auth"), "signature"),
        ("consent", flipped, "signature"),
        ("consent", toys.receipt("consent", erasure_id, inventory_hash="0" * 64), "inventory"),
        ("consent", toys.receipt("consent", erasure_id, probe={}), "probe"),
        ("consent", toys.receipt("consent", erasure_id, clean=False), "shape"),
        ("consent", toys.receipt("consent", "an-erasure-of-nobody"), "unexpected"),
        ("consent", replayed, None),
    ]
    for holder, receipt, _ in refused:
        await toys.send(holder, receipt)
    codes = [code for _, _, code in refused if code]
    async with asyncio.timeout(20):
        while dsar.service.log.read_text().count("receipt refused") < len(codes):
            await asyncio.sleep(0.05)
    lines = [line for line in dsar.service.log.read_text().splitlines() if "receipt refused" in line]
    assert sorted(json.loads(line)["outcome"] for line in lines) == sorted(codes)
    states = {held.holder: held.state for held in (await dsar.case(opened)).holders}
    assert (states["consent"], states["dsar"]) == ("refused", "waiting")
    toys.down.clear()
    done = await dsar.until(opened, "closed")
    assert {held.state for held in done.holders} == {"done"}


async def test_a_repeated_or_late_receipt_changes_nothing(dsar: Dsar) -> None:
    dsar.holders.person("account-of-the-echo")
    opened = await dsar.open("account-of-the-echo", "erasure")
    await dsar.until(opened, "closed")
    before = await dsar.case(opened)
    erasure_id = await erasure_id_of(dsar)
    for holder in ("consent", "brevo", "consent"):
        await dsar.holders.send(holder, dsar.holders.receipt(holder, erasure_id))
    await asyncio.sleep(1)
    assert await dsar.case(opened) == before
    with sqlite3.connect(dsar.service.database) as database:
        assert database.execute("SELECT size FROM receipt_log_size").fetchone() == (PADDED_TO + 10,)
    assert len(list(check(await dsar.certificate(opened), None))) == 8


async def test_a_claim_is_for_the_holder_alone_and_only_while_its_receipt_is_open(dsar: Dsar) -> None:
    dsar.holders.person("account-of-the-curious")
    dsar.holders.down.add("consent")
    opened = await dsar.open("account-of-the-curious", "erasure")
    erasure_id = await erasure_id_of(dsar)
    for role, holder, kind in (
        ("analytics", "consent", ErrorKind.FORBIDDEN),
        ("analytics", "dsar", ErrorKind.FORBIDDEN),
        ("consent", "nobody", ErrorKind.FORBIDDEN),
    ):
        with pytest.raises(Refusal) as refusal:
            await dsar.holders.buses[role].call(CLAIM, ClaimRequest(erasure_id=erasure_id, holder=holder))
        assert refusal.value.kind is kind
    dsar.holders.down.clear()
    await dsar.until(opened, "closed")
    late = await dsar.holders.buses["consent"].call(CLAIM, ClaimRequest(erasure_id=erasure_id, holder="consent"))
    assert late.model_dump()["done"] is True
    assert late.model_dump()["locators"] == {}
