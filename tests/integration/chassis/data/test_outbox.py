"""The outbox: published once committed, in order, and kept until the bus has acknowledged."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from chassis.database import Session
from chassis.inbox import first_time
from chassis.metrics import OUTBOX_BLOCKED, PUBLISH_FAILURES
from chassis.outbox import BATCH_MAX, OutboxRelay, enqueue
from chassis.tasks import end_all
from tests.support.toy_service import TABLES, Published, Toy

SUBJECT = "evt.newsletter.subscription.confirmed.v1"


async def put(toy: Toy, *numbers: int) -> None:
    def work(session: Session) -> None:
        for number in numbers:
            enqueue(session, TABLES, SUBJECT, b"%d" % number, f"message-{number}")

    await toy.database.write(work)


def seen(published: Published) -> list[int]:
    return [int(payload) for _, payload, _ in published.messages]


@contextlib.asynccontextmanager
async def running(relay: OutboxRelay) -> AsyncIterator[None]:
    task = asyncio.create_task(relay.run())
    yield
    await end_all([task])


async def until_empty(toy: Toy) -> None:
    async with asyncio.timeout(10):
        while await toy.rows("outbox"):
            await asyncio.sleep(0.01)


async def test_what_is_committed_is_published_in_order_and_leaves_the_outbox(toy: Toy) -> None:
    await put(toy, *range(5))
    assert await toy.relay.publish_waiting() == 5
    assert toy.published.messages[0] == (SUBJECT, b"0", "message-0")
    assert seen(toy.published) == [0, 1, 2, 3, 4]
    assert await toy.rows("outbox") == []


async def test_what_is_rolled_back_is_never_published(toy: Toy) -> None:
    with pytest.raises(ZeroDivisionError):
        await toy.fail_after(lambda session: enqueue(session, TABLES, SUBJECT, b"1", "message-1"))
    assert await toy.relay.publish_waiting() == 0


async def test_a_failing_bus_keeps_the_rest_and_the_order(toy: Toy) -> None:
    await put(toy, *range(5))
    publish = toy.published

    async def fail_at_two(subject: str, payload: bytes, message_id: str) -> None:
        if payload == b"2" and publish.failures == 0:
            publish.failures = 1
        await publish(subject, payload, message_id)

    with pytest.raises(TimeoutError):
        await OutboxRelay(toy.database, TABLES, fail_at_two, toy.clock).publish_waiting()
    assert seen(publish) == [0, 1]
    assert [row["message_id"] for row in await toy.rows("outbox")] == ["message-2", "message-3", "message-4"]
    await toy.relay.publish_waiting()
    assert seen(publish) == [0, 1, 2, 3, 4]


async def test_published_but_not_forgotten_is_published_again_under_the_same_id(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(toy, 1)

    def crash(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(toy.relay, "_forget", crash)
        with pytest.raises(OSError, match=r"^$"):
            await toy.relay.publish_waiting()
    await toy.relay.publish_waiting()
    first, second = toy.published.messages
    assert first == second


async def test_a_commit_is_published_at_once(toy: Toy) -> None:
    async with running(toy.relay):
        await asyncio.sleep(0.05)  # it idles now, and would look again in half a second
        async with asyncio.timeout(0.4):
            await put(toy, 1)
            while not toy.published.messages:
                await asyncio.sleep(0.005)
        assert seen(toy.published) == [1]


async def test_the_relay_outlives_a_bus_that_is_away(toy: Toy) -> None:
    toy.published.failures = 3
    async with running(toy.relay):
        await put(toy, *range(BATCH_MAX + 10))
        await until_empty(toy)
    assert seen(toy.published) == list(range(BATCH_MAX + 10))


async def test_an_outbox_that_does_not_move_is_told_until_it_does(toy: Toy) -> None:
    failed = PUBLISH_FAILURES.read()
    toy.published.failures = 10_000
    async with running(toy.relay):
        await put(toy, 1)
        async with asyncio.timeout(20):
            while PUBLISH_FAILURES.read() < failed + 2:
                await asyncio.sleep(0.02)
        assert OUTBOX_BLOCKED.read() > 0
        toy.published.failures = 0
        await until_empty(toy)
        async with asyncio.timeout(20):
            while OUTBOX_BLOCKED.read():
                await asyncio.sleep(0.02)
    assert seen(toy.published) == [1]


async def test_two_relays_neither_lose_nor_overtake(toy: Toy) -> None:
    published = Published()

    async def slowly(subject: str, payload: bytes, message_id: str) -> None:
        await asyncio.sleep(0.001)
        await published(subject, payload, message_id)

    if toy.database.dialect == "sqlite":
        pytest.skip("a SQLite file belongs to one process")
    relays = [OutboxRelay(toy.database, TABLES, slowly, toy.clock) for _ in range(2)]
    async with running(relays[0]), running(relays[1]):
        for number in range(0, 300, 3):
            await put(toy, number, number + 1, number + 2)
        await until_empty(toy)
    assert seen(published) == list(range(300))


async def test_the_inbox_knows_a_message_by_consumer_and_id(toy: Toy) -> None:
    async def first(consumer: str, message: str) -> bool:
        return await toy.database.write(first_time, TABLES, consumer, message, toy.clock.now())

    assert [await first("a", "1"), await first("a", "1"), await first("b", "1"), await first("a", "2")] == [
        True, False, True, True,
    ]  # fmt: skip
