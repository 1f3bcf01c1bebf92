"""Sixteen people erase themselves at once while others use the text tool; nobody else's data changes."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.support.people import Person, teachers
from tests.support.platform import Platform
from tests.support.rights import CaseFollowed, data_of, log_key, rows_by_store, steady, verified
from tests.support.stores import Stores

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(180)]

LEAVING = 16
STAYING = 4
# Counters of use grow with use, and being seen is being seen.
MOVING = ("last_seen_at", "count")


async def state_of(person: Person) -> str:
    """What is stored about somebody, once their letters are out."""
    async with asyncio.timeout(20):
        found = await data_of(person)
        while any(store == "mail_queue" for _, store in rows_by_store(found)):
            found = await data_of(person)
    return steady(found, *MOVING)


async def uses_until(person: Person, ended: asyncio.Event) -> list[str]:
    """Run one text after the other; how each ended."""
    endings = []
    while not ended.is_set():
        events = await person.uses(f"Solen skiner, och barnen leker i gräset. {person.canary}")
        endings.append(events[-1].name)
    return endings


async def test_sixteen_are_erased_while_others_work(harmed: Platform, tmp_path: Path) -> None:
    async with (
        teachers(harmed, LEAVING, "text_tools", "analytics") as leaving,
        teachers(harmed, STAYING, "text_tools") as staying,
    ):
        await asyncio.gather(*(person.uses("Solen skiner.") for person in staying))
        before = [await state_of(person) for person in staying]
        ended = asyncio.Event()
        using = [asyncio.create_task(uses_until(person, ended)) for person in staying]

        began = time.monotonic()
        opened = await asyncio.gather(*(person.invokes("erasure") for person in leaving))
        cases = [CaseFollowed(person, case) for person, case in zip(leaving, opened, strict=True)]
        await asyncio.gather(*(case.until("closed", within_seconds=90) for case in cases))
        seconds = time.monotonic() - began
        ended.set()
        endings = [ending for run in await asyncio.gather(*using) for ending in run]

        certificates = [await case.certificate(tmp_path) for case in cases]
        after = [await state_of(person) for person in staying]
        places = Stores(harmed).holding([person.canary for person in leaving])

    key = log_key(harmed)
    assert [verified(file, "--trust", key).returncode for file in certificates] == [0] * LEAVING
    assert after == before
    assert set(endings) == {"done"}
    assert places == {}
    assert seconds < 60
