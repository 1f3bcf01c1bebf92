"""The floor: one durable event, eight processes that delete in SQLite with full fsync, a durable receipt from each."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import nats
from nats.js.api import StorageType, StreamConfig

from contracts.holder import OWN_HOLDERS
from ops.run.ports import any_port
from tests.bench.erasure.ours import Round
from tests.support.nats import BINARY

PEOPLE = 2000


async def floors(directory: Path, at_once: Mapping[int, int]) -> dict[int, Round]:
    """Erasures by how many there are at once: from the publishing until the last of eight receipts is in."""
    async with bare_server(directory) as url:
        client = await nats.connect(url)
        stream = client.jetstream()
        for name in ("asked", "answered"):
            await stream.add_stream(StreamConfig(name=name, subjects=[f"bench.{name}"], storage=StorageType.FILE))
        holders = [
            subprocess.Popen([sys.executable, "-m", "tests.bench.erasure.floor_holder", name, url, str(directory)])
            for name in OWN_HOLDERS
        ]
        try:
            receipts = await stream.pull_subscribe("bench.answered", durable="receipts")
            people = iter(range(PEOPLE))
            await erased(stream, receipts, [next(people)])
            rounds = {}
            for count, repeated in at_once.items():
                rounds[count] = Round()
                for _ in range(repeated):
                    await rounds[count].add(erased(stream, receipts, [next(people) for _ in range(count)]))
            return rounds
        finally:
            for process in holders:
                process.terminate()
                process.wait(timeout=10)
            await client.close()


async def erased(
    stream: nats.js.JetStreamContext, receipts: nats.js.JetStreamContext.PullSubscription, people: list[int]
) -> list[float]:
    """The milliseconds that each of them took."""
    began = time.perf_counter()
    await asyncio.gather(*(stream.publish("bench.asked", str(person).encode()) for person in people))
    waiting = dict.fromkeys(people, len(OWN_HOLDERS))
    taken = []
    while waiting:
        for receipt in await receipts.fetch(min(64, sum(waiting.values())), timeout=30):
            await receipt.ack()
            person = int(receipt.data.split(b" ")[0])
            waiting[person] -= 1
            if not waiting[person]:
                del waiting[person]
                taken.append(1000 * (time.perf_counter() - began))
    return taken


@asynccontextmanager
async def bare_server(directory: Path) -> AsyncIterator[str]:
    """No accounts and no permissions, but what is acknowledged is on the disk, as in the platform's."""
    port = any_port()
    directory.mkdir()
    configuration = directory / "server.conf"
    configuration.write_text(
        f'listen: "127.0.0.1:{port}"\njetstream {{store_dir: "{directory}", sync_interval: always}}\n'
    )
    server = subprocess.Popen([str(BINARY), "-c", str(configuration)], stderr=subprocess.DEVNULL)
    try:
        while not await is_listening(port):
            await asyncio.sleep(0.05)
        yield f"nats://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=10)


async def is_listening(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
