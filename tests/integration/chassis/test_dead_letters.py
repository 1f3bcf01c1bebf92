"""A durable message that nobody can read is put aside once; one whose handler fails comes again."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.bus import Bus, DurableConsumer
from chassis.bus.consumers import publish_durably
from chassis.clock import Clock
from chassis.tasks import end_all
from contracts.dsar import ERASURE_REQUESTED, ErasureRequested
from contracts.errors import ErrorKind, Refusal
from contracts.identifiers import new_id
from tests.support.nats import NatsServer
from tests.support.waiting import until


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with NatsServer(tmp_path) as running:
        yield running


class Holder:
    """auth's consumer of erasures, whose first handling of each fails."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, event: ErasureRequested) -> None:
        self.asked.append(event.erasure_id)
        if self.asked.count(event.erasure_id) == 1:
            raise Refusal(ErrorKind.UNAVAILABLE, "not-yet")


@pytest.mark.parametrize("unreadable", [b"", b"{", b"[]", b'{"erasure_id": 7}', b'{"surprise": 1}', b"\xff\xfe"])
async def test_what_cannot_be_read_is_put_aside_and_what_follows_is_handled(
    server: NatsServer, unreadable: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    holder = Holder()
    auth, dsar = Bus("auth", Clock()), Bus("dsar", Clock())
    for bus in (auth, dsar):
        await bus.open(server.servers, server.seed(bus.service), server.seed(bus.service, "EVENTS"))
    await publish_durably(dsar, ERASURE_REQUESTED.subject, unreadable, new_id())
    await publish_durably(dsar, ERASURE_REQUESTED.subject, b'{"erasure_id":"erasure-0000000001"}', new_id())
    with caplog.at_level(logging.ERROR):
        consuming = asyncio.create_task(DurableConsumer(auth, ERASURE_REQUESTED, "auth", holder).run())
        await until(lambda: len(holder.asked) == 2)
        letters = await until_stored(server)
        await end_all({consuming})
    assert letters == [{"stream": "DSAR", "sequence": 1, "subject": ERASURE_REQUESTED.subject}]
    assert [record.message for record in caplog.records].count("message put aside") == 1
    for bus in (auth, dsar):
        await bus.close()


async def until_stored(server: NatsServer) -> list[dict[str, object]]:
    """The dead letters, read from the stream's file once the consumer owes nothing any more."""
    client = await server.connect("admin", "STORE")
    stream = client.jetstream()
    async with asyncio.timeout(10):
        while True:
            consumer = await stream.consumer_info("DSAR", "erase-auth")
            if consumer.num_ack_pending == 0 and consumer.num_pending == 0:
                break
            await asyncio.sleep(0.05)
    state = (await stream.stream_info("DLQ", subjects_filter="dlq.auth.>")).state
    await client.close()
    assert state.subjects == {"dlq.auth.erase-auth": 1}
    stored = b"".join(path.read_bytes() for path in server.store.rglob("DLQ/msgs/*.blk"))
    return [json.loads(stored[stored.index(b'{"stream"') : stored.rindex(b"}") + 1])]
