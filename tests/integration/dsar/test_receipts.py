"""Receipts that prove nothing are refused without harm: forged, doubled, late, or of the wrong store."""

import asyncio
import json
import sqlite3
from typing import Any

import pytest

from contracts.fulfilment import Command, HolderAnswer
from kernel.certificate_check import check
from tests.integration.dsar.cases import Dsar


@pytest.mark.parametrize(
    ("seed_of", "changed", "code"),
    [
        ("auth", {}, "signature"),
        (None, {"inventory_hash": "0" * 64}, "inventory"),
        (None, {"probe": {}}, "probe"),
        (None, {"looked_for": {}}, "question"),
        (None, {"command_id": "a-command-of-nobody"}, "command"),
        (None, {"holder": "auth"}, "holder"),
    ],
)
async def test_only_a_receipt_that_holds_counts_and_a_refused_one_is_shown(
    dsar: Dsar, seed_of: str | None, changed: dict[str, Any], code: str
) -> None:
    toys = dsar.holders
    toys.person("account-of-the-forger")

    def forged(command: Command) -> HolderAnswer:
        return toys.answer("consent", command, toys.receipt("consent", command, seed_of=seed_of, **changed))

    toys.scripts["consent"] = forged
    opened = await dsar.open("account-of-the-forger", "erasure")
    async with asyncio.timeout(20):
        while (states := {held.holder: held.state for held in (await dsar.case(opened)).holders})["auth"] != "done":
            await asyncio.sleep(0.02)
        while (states := {held.holder: held.state for held in (await dsar.case(opened)).holders})[
            "consent"
        ] == "waiting":
            await asyncio.sleep(0.02)
    assert (states["consent"], states["dsar"]) == ("refused", "waiting")
    with sqlite3.connect(dsar.service.database) as database:
        assert database.execute("SELECT refused FROM expected_receipt WHERE holder = 'consent'").fetchone() == (code,)
    toys.scripts.clear()
    await toys.back("consent")
    done = await dsar.until(opened, "closed")
    assert {held.state for held in done.holders} == {"done"}


async def test_a_repeated_answer_and_one_that_nobody_asked_for_change_nothing(dsar: Dsar) -> None:
    toys = dsar.holders
    toys.person("account-of-the-echo")
    toys.down.add("brevo")
    opened = await dsar.open("account-of-the-echo", "erasure")
    await dsar.until(opened, "waiting_for_recipients")
    before = [holder for holder, _ in toys.told]
    for _ in range(3):
        await toys.back("consent", "newsletter")
    await asyncio.sleep(0.5)
    told = [holder for holder, _ in toys.told][len(before) :]
    assert set(told) <= {"brevo"}  # whose receipt is in is not asked again
    await toys.back("brevo")
    await dsar.until(opened, "closed")
    with sqlite3.connect(dsar.service.database) as database:
        leaves = database.execute(
            "SELECT count(leaf_index), count(DISTINCT leaf_index) FROM expected_receipt"
        ).fetchone()
    assert leaves == (10, 10)
    assert len(list(check(await dsar.certificate(opened), None))) >= 9
    assert json.loads(await dsar.certificate(opened))["case"]["state"] == "closed"
