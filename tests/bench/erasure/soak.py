"""Many erasures under random kills: every one completes, with each holder's receipt once and no identifier left."""

import asyncio
import random
import sqlite3

from contracts.holder import HOLDERS, SERVICES
from tests.bench.erasure.ours import Closings
from tests.support.canary import Canary
from tests.support.people import a_teacher
from tests.support.platform import Platform
from tests.support.stores import Stores

AT_ONCE = 4
KILL_EVERY_SECONDS = 3.0
KILLED = (*SERVICES, "nats-server")


async def soak(platform: Platform, count: int) -> str:
    """What was seen, in a sentence.

    Raises:
        AssertionError: a receipt is missing or there twice, or an identifier is left somewhere.
    """
    ended = asyncio.Event()
    killing = asyncio.create_task(_kill(platform, ended))
    canaries: list[Canary] = []
    cases: list[str] = []
    for begin in range(0, count, AT_ONCE):
        found = await asyncio.gather(*(_leaves(platform) for _ in range(min(AT_ONCE, count - begin))))
        canaries += [canary for canary, _ in found]
        cases += [case_id for _, case_id in found]
    ended.set()
    kills = await killing
    await Closings(platform).of(cases)
    with sqlite3.connect(f"file:{platform.data}/dsar/dsar.db?mode=ro", uri=True) as database:
        receipts, places = database.execute(
            "SELECT count(receipt), count(DISTINCT leaf_index) FROM expected_receipt"
        ).fetchone()
    assert receipts == places == count * len(HOLDERS), (receipts, places)
    left = Stores(platform).holding(canaries)
    assert left == {}, left
    return f"{count} erasures under {kills} kills: {receipts} receipts, each once; no identifier left"


async def _leaves(platform: Platform) -> tuple[Canary, str]:
    """Somebody asks to be erased, and again while a process is being replaced."""
    while True:
        try:
            async with a_teacher(platform, "text_tools") as person:
                return person.canary, (await person.invokes("erasure"))["id"]
        except (AssertionError, OSError):
            await platform.until_ready(within_seconds=60)


async def _kill(platform: Platform, ended: asyncio.Event) -> int:
    kills = 0
    while not ended.is_set():
        await asyncio.sleep(KILL_EVERY_SECONDS * random.random())  # noqa: S311 — no secret
        name = random.choice(KILLED)  # noqa: S311
        pid = platform.kill(name)
        kills += 1
        await platform.until_replaced(name, pid, within_seconds=60)
    return kills
