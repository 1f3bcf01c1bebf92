"""kill -9 in the middle of erasures: whenever it comes, the end is as if it had not come."""

import asyncio
import random
import signal
import sys
from pathlib import Path

from contracts.fulfilment import HolderReceipt
from kernel.erasure_receipt import fault_of
from kernel.signature import public_key_of
from tests.support.clock import FakeClock
from tests.support.sealing import sealed_database
from tests.support.toy_eraser import POINTS, erasure_of
from tests.support.toy_service import METADATA, RECEIPT_SEED, SERVICE, Toy

PEOPLE, NOTES, RANDOM_KILLS = 40, 3, 3
KEY = public_key_of(RECEIPT_SEED)


async def start_eraser(url: str, published: Path, *dying: str) -> asyncio.subprocess.Process:
    eraser = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.toy_eraser", url, str(published), str(PEOPLE), *dying),
        stdout=asyncio.subprocess.PIPE,
    )
    assert eraser.stdout is not None
    assert await eraser.stdout.readline() == b"ready\n"
    return eraser


async def test_killed_at_any_point_it_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    url, published = f"sqlite:///{tmp_path}/data/toy.db", tmp_path / "published"
    async with sealed_database(SERVICE, METADATA, url, FakeClock()) as database:
        toy = Toy(database, FakeClock())
        await toy.create_tables()
        for number in range(PEOPLE + 1):
            await toy.add_person(f"p{number}", notes=NOTES, number=number)

    for person, point in enumerate(POINTS):
        eraser = await start_eraser(url, published, point, str(person))
        assert await eraser.wait() == -signal.SIGKILL, point
    for _ in range(RANDOM_KILLS):
        eraser = await start_eraser(url, published)
        await asyncio.sleep(random.uniform(0.02, 0.3))  # noqa: S311
        if eraser.returncode is None:
            eraser.kill()
        await eraser.wait()
    eraser = await start_eraser(url, published)
    assert await eraser.wait() == 0

    await database.open()
    assert [row["id"] for row in await toy.rows("person")] == [f"id-p{PEOPLE}"]
    assert [row["erased"]["note"] for row in await toy.rows("tombstone")] == [NOTES] * PEOPLE
    assert len(await toy.rows("receipt")) == PEOPLE
    assert await toy.rows("outbox") == []
    await database.close()
    found = [HolderReceipt.model_validate_json(line) for line in published.read_bytes().splitlines()]
    assert {receipt.body["erasure_id"] for receipt in found} == {erasure_of(number) for number in range(PEOPLE)}
    assert len({receipt.signature for receipt in found}) == PEOPLE
    assert all(
        fault_of(receipt.body, receipt.signature, KEY) is None and receipt.body["erased"]["note"] == NOTES
        for receipt in found
    )
    assert b"note 0 of p7" not in b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
