"""Prints how long an erasure takes in our own services, beside a bare JetStream that carries the same messages.

    .venv/bin/python -m tests.bench.erasure

The floor, in the same run: a bare nats-server, one durable event to eight consumers, one durable receipt from each,
nothing read or deleted. What is above it are the databases, signatures, probes and the log.
"""

import asyncio
import statistics
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import nats
from nats.js.api import StorageType, StreamConfig

from contracts.holder import OWN_HOLDERS
from ops.run.ports import any_port
from tests.support.nats import BINARY
from tests.support.people import a_teacher
from tests.support.platform import Platform
from tests.support.rights import CaseFollowed

AT_ONCE = (1, 4, 16)
ROUNDS = 3


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        floor = asyncio.run(floors(Path(directory) / "floor"))
        with Platform(Path(directory) / "data") as platform:
            ours = asyncio.run(erasures(platform))
    print(f"{'at once':>8} {'JetStream alone, s':>20} {'erasure, s':>12} {'ratio':>8} {'erasures a second':>19}")
    for count in AT_ONCE:
        alone, taken = floor[count], ours[count]
        print(f"{count:>8} {alone:>20.3f} {taken:>12.2f} {taken / alone:>8.0f} {count / taken:>19.1f}")


async def floors(directory: Path) -> dict[int, float]:
    """The seconds until every receipt of so many erasures at once is in, with nothing behind the bus."""
    async with bare_server(directory) as url:
        client = await nats.connect(url)
        stream = client.jetstream()
        for name in ("asked", "answered"):
            await stream.add_stream(StreamConfig(name=name, subjects=[f"bench.{name}"], storage=StorageType.FILE))
        holders = [asyncio.create_task(holder(client.jetstream(), name)) for name in OWN_HOLDERS]
        receipts = await stream.pull_subscribe("bench.answered", durable="receipts")
        seconds = {}
        for count in AT_ONCE:
            taken = []
            for _ in range(ROUNDS + 1):
                began = time.perf_counter()
                await asyncio.gather(*(stream.publish("bench.asked", b"x" * 200) for _ in range(count)))
                for _ in range(count * len(OWN_HOLDERS)):
                    (receipt,) = await receipts.fetch(1, timeout=10)
                    await receipt.ack()
                taken.append(time.perf_counter() - began)
            seconds[count] = statistics.median(taken[1:])
        for task in holders:
            task.cancel()
        await asyncio.gather(*holders, return_exceptions=True)
        await client.close()
    return seconds


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


async def holder(stream: nats.js.JetStreamContext, name: str) -> None:
    asked = await stream.pull_subscribe("bench.asked", durable=name)
    while True:
        try:
            (message,) = await asked.fetch(1, timeout=5)
        except TimeoutError:
            continue
        await stream.publish("bench.answered", b"x" * 1500)
        await message.ack()


async def erasures(platform: Platform) -> dict[int, float]:
    """The seconds until the last of so many people who leave at once is erased in all of our own services."""
    seconds = {}
    for count in AT_ONCE:
        taken = []
        for _ in range(ROUNDS + 1):
            async with AsyncExitStack() as stack:
                people = [await stack.enter_async_context(a_teacher(platform, "text_tools")) for _ in range(count)]
                began = time.perf_counter()
                opened = await asyncio.gather(*(person.invokes("erasure") for person in people))
                cases = [CaseFollowed(person, case) for person, case in zip(people, opened, strict=True)]
                await asyncio.gather(*(case.until("waiting_for_recipients", "closed") for case in cases))
                taken.append(time.perf_counter() - began)
        seconds[count] = statistics.median(taken[1:])
    return seconds


if __name__ == "__main__":
    main()
