"""A durable consumer takes up its work again when the server comes back, and not only when its fetch is over."""

import asyncio
from pathlib import Path

from chassis.bus import Bus, DurableConsumer
from chassis.bus.consumers import publish_durably
from chassis.clock import Clock
from chassis.tasks import end_all
from contracts.identifiers import new_id
from contracts.newsletter import READER_LEFT, ReaderLeft
from tests.support.nats import NatsServer
from tests.support.waiting import until

LEFT = ReaderLeft(record_id="r" * 22).model_dump_json().encode()


async def test_a_fetch_that_died_with_its_server_is_made_again_when_the_server_is_back(tmp_path: Path) -> None:
    heard: list[ReaderLeft] = []

    async def hear(event: ReaderLeft) -> None:
        heard.append(event)

    async with NatsServer(tmp_path) as server:
        consent, newsletter = Bus("consent", Clock()), Bus("newsletter", Clock())
        for bus in (consent, newsletter):
            await bus.open(server.servers, server.seed(bus.service), server.seed(bus.service, "EVENTS"))
        consuming = asyncio.create_task(DurableConsumer(consent, READER_LEFT, "consent", hear).run())
        for _ in range(2):
            heard.clear()
            await publish_durably(newsletter, READER_LEFT.subject, LEFT, new_id())
            await until(lambda: heard)
            await asyncio.sleep(0.2)  # so that the next fetch is under way
            await server.kill()
            await server.restart()
            await until(lambda: consent.connected and newsletter.connected, 10)
        await end_all({consuming})
        for bus in (consent, newsletter):
            await bus.close()
