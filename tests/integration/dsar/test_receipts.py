"""Receipts that prove nothing are refused without harm: forged, doubled, late, or of the wrong store."""

import asyncio
import sqlite3

import pytest

from contracts.dsar import CLAIM, ClaimRequest
from contracts.errors import ErrorKind, Refusal
from kernel.certificate import check
from tests.integration.dsar.cases import Dsar


async def erasure_id_of(dsar: Dsar) -> str:
    """The id of the one erasure, once a holder has been asked."""
    async with asyncio.timeout(10):
        while not dsar.holders.deliveries:
            await asyncio.sleep(0.02)
    return dsar.holders.deliveries[0][1]


async def test_only_a_holders_own_signature_counts(dsar: Dsar) -> None:
    dsar.holders.person("account-of-the-forger")
    dsar.holders.down.add("consent")
    opened = await dsar.open("account-of-the-forger", "erasure")
    erasure_id = await erasure_id_of(dsar)
    toys = dsar.holders
    await toys.send("auth", toys.receipt("consent", erasure_id, seed_of="auth"))
    await toys.send("auth", toys.receipt("consent", erasure_id, seed_of="auth", service="auth"))
    await toys.send("consent", toys.receipt("consent", erasure_id, probe={"toy": 1}))
    await toys.send("consent", toys.receipt("consent", erasure_id, clean=False))
    await toys.send("consent", toys.receipt("consent", "an-erasure-of-nobody"))
    await asyncio.sleep(1.5)
    waiting = {held.holder for held in (await dsar.case(opened)).holders if held.state == "waiting"}
    assert waiting == {"consent", "dsar"}
    assert dsar.service.log.read_text().count("receipt refused") == 5
    toys.down.clear()
    await dsar.until(opened, "closed")


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
        assert database.execute("SELECT size FROM log_size").fetchone() == (10,)
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
