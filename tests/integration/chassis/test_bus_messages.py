"""How many messages an answer is, whose clock counts, and how much is done at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from nats.aio.msg import Msg

from chassis.bus import Bus, MediaType
from chassis.bus.connection import SIGNALS_AT_ONCE_MAX
from chassis.bus.frames import Flag, Frame, decode_frame
from chassis.clock import Clock
from contracts.consent import CHANGED, GRANTED, ConsentChanged, Granted, GrantedRequest
from contracts.envelope import Caller
from contracts.table import Account
from contracts.text import GENERATE, Generate
from tests.integration.chassis.test_bus import BODY, ENVELOPE, grant_everything, on_the_bus
from tests.support.nats import NatsServer
from tests.support.waiting import until


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with NatsServer(tmp_path) as running:
        yield running


@asynccontextmanager
async def moved(server: NatsServer, service: str, seconds: float) -> AsyncIterator[Bus]:
    bus = Bus(service, Clock(seconds))
    await bus.open(server.servers, server.seed(service))
    try:
        yield bus
    finally:
        await bus.close()


@pytest.mark.parametrize("seconds", [10.0, -10.0, 3600.0, -86400.0])
async def test_a_host_whose_clock_is_wrong_is_served(server: NatsServer, seconds: float) -> None:
    async with moved(server, "consent", seconds) as consent, on_the_bus(server, "gateway") as gateway:
        await consent.serve(GRANTED, grant_everything)
        await consent.serving()
        for _ in range(3):
            assert isinstance(await gateway.call(GRANTED, GrantedRequest()), Granted)


async def frames_of(server: NatsServer, answer: AsyncIterator[bytes | MediaType]) -> list[Frame]:
    """The messages of one answer, read beside the chassis."""
    frames: list[Frame] = []

    async def note(message: Msg) -> None:
        frames.append(decode_frame(message.data))

    async def handler(request: Generate, caller: Caller) -> AsyncIterator[bytes | MediaType]:
        async for part in answer:
            yield part

    observer = await server.connect("gateway", Account.CONTENT.value)
    await observer.subscribe("_INBOX.gateway.>", cb=note)
    await observer.flush()
    async with (
        on_the_bus(server, "textproxy", Account.CONTENT) as owner,
        on_the_bus(server, "gateway", Account.CONTENT) as reader,
    ):
        await owner.serve_stream(GENERATE, handler)
        await owner.serving()
        assert b"".join([chunk async for chunk in await reader.stream(GENERATE, ENVELOPE, BODY)])
        await until(lambda: frames and frames[-1].flags & Flag.END)
    await observer.close()
    return frames


async def test_a_whole_answer_that_is_ready_is_one_message(server: NatsServer) -> None:
    async def ready() -> AsyncIterator[bytes | MediaType]:
        yield MediaType("application/json")
        yield b'{"text":"hej"}'

    (only,) = await frames_of(server, ready())
    assert only == Frame(Flag.BEGIN | Flag.END, 1, 1, "application/json", b'{"text":"hej"}')


async def test_an_answer_that_takes_time_is_accepted_before_and_then_one_message(server: NatsServer) -> None:
    async def slow() -> AsyncIterator[bytes | MediaType]:
        await asyncio.sleep(0.05)
        yield MediaType("application/json")
        yield b'{"text":"hej"}'

    frames = await frames_of(server, slow())
    assert [(frame.flags, frame.chunks) for frame in frames] == [(0, 0), (Flag.BEGIN | Flag.END, 1)]


async def test_chunks_of_one_turn_travel_together_and_a_lone_one_at_once(server: NatsServer) -> None:
    async def in_bursts() -> AsyncIterator[bytes | MediaType]:
        for _ in range(3):
            for _ in range(5):
                yield b"x"
            await asyncio.sleep(0.02)

    frames = await frames_of(server, in_bursts())
    assert [frame.chunks for frame in frames] == [5, 5, 5, 0]


async def test_signals_are_handled_some_at_a_time_and_none_is_lost(server: NatsServer) -> None:
    at_work, most, heard = 0, 0, 0

    async def slow(message: ConsentChanged) -> None:
        nonlocal at_work, most, heard
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0.01)
        at_work -= 1
        heard += 1

    count = SIGNALS_AT_ONCE_MAX * 5
    async with on_the_bus(server, "consent") as consent, on_the_bus(server, "gateway") as gateway:
        await gateway.listen(CHANGED, slow)
        await gateway.serving()
        for _ in range(count):
            await consent.signal(CHANGED, ConsentChanged(account_id="a" * 22))
        await until(lambda: heard == count, 20)
    assert most == SIGNALS_AT_ONCE_MAX


async def test_an_answer_of_a_call_without_headers_stays_without(server: NatsServer) -> None:
    async def answer(request: GrantedRequest, caller: Caller) -> Granted:
        return Granted(purposes=[])

    headers: list[object] = []

    async def note(message: Msg) -> None:
        headers.append(message.headers)

    observer = await server.connect("gateway")
    await observer.subscribe("_INBOX.gateway.>", cb=note)
    await observer.flush()
    async with on_the_bus(server, "consent") as consent, on_the_bus(server, "gateway") as gateway:
        await consent.serve(GRANTED, answer)
        await consent.serving()
        await gateway.call(GRANTED, GrantedRequest())
        await until(lambda: headers)
    await observer.close()
    assert headers == [None]
