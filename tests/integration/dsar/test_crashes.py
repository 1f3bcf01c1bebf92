"""kill -9 at every step of an erasure: whoever starts again goes on where the last one stopped."""

import asyncio
import sqlite3

from kernel.certificate_check import check
from services.dsar.domain.log_proofs import PADDED_TO
from tests.integration.dsar.cases import Dsar
from tests.support.nats import NatsServer

STEPS = ("recorded_at", "told_at", "letter_at", "completed_at", "forgotten_at")


async def until_step(dsar: Dsar, case_id: str, step: str) -> None:
    """Wait until a step has left its time in the database."""
    with sqlite3.connect(f"file:{dsar.service.database}?mode=ro", uri=True) as database:
        async with asyncio.timeout(20):
            query = f"SELECT {step} FROM command WHERE case_id = ?"  # noqa: S608 — one of STEPS
            while (found := database.execute(query, (case_id,)).fetchone()) is None or found[0] is None:
                await asyncio.sleep(0.002)


async def test_a_crash_after_any_step_is_harmless(dsar: Dsar) -> None:
    for step in STEPS:
        account = f"account-crashed-at-{step}"
        address = dsar.holders.person(account)
        opened = await dsar.open(account, "erasure")
        await until_step(dsar, opened.id, step)
        await dsar.service.kill()
        await dsar.service.restart()
        await dsar.until(opened, "closed", within_seconds=45)
        assert dsar.holders.left_of(account) == []
        assert len(list(check(await dsar.certificate(opened), None))) == 9
        assert len(dsar.letters(address)) >= 2, step
        assert account.encode() not in dsar.service.stored_bytes(), step
    with sqlite3.connect(dsar.service.database) as database:
        assert database.execute("SELECT size FROM receipt_log_size").fetchone() == (PADDED_TO + 10 * len(STEPS),)


async def test_the_bus_may_crash_as_well(dsar: Dsar) -> None:
    dsar.holders.person("account-without-a-bus")
    dsar.holders.down.add("newsletter")
    opened = await dsar.open("account-without-a-bus", "erasure")
    await until_step(dsar, opened.id, "told_at")
    server = dsar.service.server
    assert isinstance(server, NatsServer)
    await server.kill()
    await server.restart()
    dsar.holders.down.clear()
    async with asyncio.timeout(30):
        while not dsar.bus.connected:
            await asyncio.sleep(0.05)
    await dsar.until(opened, "closed", within_seconds=45)
    assert dsar.holders.left_of("account-without-a-bus") == []
