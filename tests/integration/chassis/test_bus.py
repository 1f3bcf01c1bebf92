"""The bus against a real nats-server: answers, refusals, streams with credit and cancel, a server that dies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from nats.aio.msg import Msg

from chassis.bus import Bus, MediaType
from chassis.bus.frames import HEARTBEAT_SECONDS, WINDOW, encode_frame
from chassis.clock import Clock
from contracts.consent import CHANGED, GRANTED, ConsentChanged, Granted, GrantedRequest, Purpose
from contracts.envelope import Caller, Envelope
from contracts.errors import ErrorKind, Refusal
from contracts.table import Account
from contracts.text import GENERATE, Generate
from tests.support.nats import NatsServer

BODY = b'{"tool":"simplify","inputs":{"text":"hej"},"stream":true}'
ENVELOPE = Envelope(caller=Caller(service="gateway"))


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with NatsServer(tmp_path) as running:
        yield running


@asynccontextmanager
async def on_the_bus(server: NatsServer, service: str, account: Account = Account.APP) -> AsyncIterator[Bus]:
    bus = Bus(service, Clock(), account)
    await bus.open(server.servers, server.seed(service, account.value))
    try:
        yield bus
    finally:
        await bus.close()


async def grant_everything(request: GrantedRequest, caller: Caller) -> Granted:
    return Granted(purposes=[Purpose.TEXT_TOOLS] if caller.service == "gateway" else [])


async def test_a_call_is_answered_by_its_owner(server: NatsServer) -> None:
    async with on_the_bus(server, "consent") as consent, on_the_bus(server, "gateway") as gateway:
        await consent.serve(GRANTED, grant_everything)
        await consent.serving()
        reply = await gateway.call(GRANTED, GrantedRequest(account_id="a" * 22))
        assert reply == Granted(purposes=[Purpose.TEXT_TOOLS])


async def test_a_refusal_arrives_with_its_kind_and_members(server: NatsServer) -> None:
    async def refuse(request: GrantedRequest, caller: Caller) -> Granted:
        raise Refusal(ErrorKind.CONSENT_REQUIRED, "not-given", purpose="text_tools")

    async with on_the_bus(server, "consent") as consent, on_the_bus(server, "gateway") as gateway:
        await consent.serve(GRANTED, refuse)
        await consent.serving()
        with pytest.raises(Refusal) as caught:
            await gateway.call(GRANTED, GrantedRequest())
        assert (caught.value.kind, caught.value.reason) == (ErrorKind.CONSENT_REQUIRED, "not-given")
        assert caught.value.members == {"purpose": "text_tools"}


async def test_a_bug_in_a_handler_is_an_internal_refusal_and_the_endpoint_lives_on(server: NatsServer) -> None:
    calls = 0

    async def fail_once(request: GrantedRequest, caller: Caller) -> Granted:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise KeyError("anna@skola.example")
        return Granted(purposes=[])

    async with on_the_bus(server, "consent") as consent, on_the_bus(server, "gateway") as gateway:
        await consent.serve(GRANTED, fail_once)
        await consent.serving()
        with pytest.raises(Refusal) as caught:
            await gateway.call(GRANTED, GrantedRequest())
        assert caught.value.kind is ErrorKind.INTERNAL
        assert "anna" not in repr(caught.value.members)
        assert await gateway.call(GRANTED, GrantedRequest()) == Granted(purposes=[])


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", ErrorKind.MALFORMED),
        (b"[]", ErrorKind.INVALID),
        (b'{"account_id": 7}', ErrorKind.INVALID),
        (b'{"surprise": true}', ErrorKind.INVALID),
    ],
)
async def test_a_bad_body_is_refused_by_the_owner(server: NatsServer, body: bytes, kind: ErrorKind) -> None:
    async with on_the_bus(server, "consent") as consent, on_the_bus(server, "gateway") as gateway:
        await consent.serve(GRANTED, grant_everything)
        await consent.serving()
        with pytest.raises(Refusal) as caught:
            await gateway.request(GRANTED, ENVELOPE, body)
        assert caught.value.kind is kind


async def test_a_caller_cannot_speak_in_another_services_name(server: NatsServer) -> None:
    async with on_the_bus(server, "consent") as consent, on_the_bus(server, "gateway") as gateway:
        await consent.serve(GRANTED, grant_everything)
        await consent.serving()
        with pytest.raises(Refusal) as caught:
            await gateway.request(GRANTED, Envelope(caller=Caller(service="dsar")), b"{}")
        assert caught.value.kind is ErrorKind.FORBIDDEN


async def test_nobody_serving_is_known_at_once(server: NatsServer) -> None:
    async with on_the_bus(server, "gateway") as gateway:
        with pytest.raises(Refusal) as caught:
            await gateway.call(GRANTED, GrantedRequest())
        assert caught.value.kind is ErrorKind.UNAVAILABLE  # and no TIMEOUT: it was not waited for


async def test_a_dead_server_fails_waiting_and_new_calls_at_once_and_all_recovers(server: NatsServer) -> None:
    async def stay_silent(request: GrantedRequest, caller: Caller) -> Granted:
        await asyncio.sleep(60)
        return Granted(purposes=[])

    async with on_the_bus(server, "consent") as consent, on_the_bus(server, "gateway") as gateway:
        await consent.serve(GRANTED, stay_silent)
        await consent.serving()
        waiting = asyncio.create_task(gateway.call(GRANTED, GrantedRequest()))
        await asyncio.sleep(0.2)
        await server.kill()
        with pytest.raises(Refusal) as caught:
            await waiting
        assert caught.value.kind is ErrorKind.UNAVAILABLE
        with pytest.raises(Refusal) as caught:
            await gateway.call(GRANTED, GrantedRequest())
        assert caught.value.kind is ErrorKind.UNAVAILABLE  # and no TIMEOUT

        await server.restart()
        async with asyncio.timeout(10):
            while not (gateway.connected and consent.connected):
                await asyncio.sleep(0.05)
        with pytest.raises(Refusal) as caught:
            await gateway.call(GRANTED, GrantedRequest())
        assert caught.value.kind is ErrorKind.TIMEOUT


async def test_a_signal_is_heard_by_every_listener(server: NatsServer) -> None:
    heard: asyncio.Queue[ConsentChanged] = asyncio.Queue()
    async with (
        on_the_bus(server, "consent") as consent,
        on_the_bus(server, "gateway") as first,
        on_the_bus(server, "gateway") as second,
    ):
        for listener in (first, second):
            await listener.listen(CHANGED, heard.put)
            await listener.serving()
        await consent.signal(CHANGED, ConsentChanged(account_id="a" * 22))
        async with asyncio.timeout(2):
            assert [(await heard.get()).account_id for _ in range(2)] == ["a" * 22] * 2


@asynccontextmanager
async def text_pair(server: NatsServer) -> AsyncIterator[tuple[Bus, Bus]]:
    async with (
        on_the_bus(server, "textproxy", Account.CONTENT) as owner,
        on_the_bus(server, "gateway", Account.CONTENT) as reader,
    ):
        yield owner, reader


async def test_a_stream_arrives_whole_and_in_order_through_many_windows(server: NatsServer) -> None:
    async def many(request: Generate, caller: Caller) -> AsyncIterator[bytes]:
        for number in range(WINDOW * 5):
            yield f"{number};".encode()

    async with text_pair(server) as (owner, reader):
        await owner.serve_stream(GENERATE, many)
        await owner.serving()
        stream = await reader.stream(GENERATE, ENVELOPE, BODY)
        received = b"".join([chunk async for chunk in stream])
        assert received == b"".join(f"{number};".encode() for number in range(WINDOW * 5))


async def test_a_slow_reader_holds_the_owner_back(server: NatsServer) -> None:
    produced = 0

    async def eager(request: Generate, caller: Caller) -> AsyncIterator[bytes]:
        nonlocal produced
        for _ in range(WINDOW * 10):
            produced += 1
            yield b"x"

    async with text_pair(server) as (owner, reader):
        await owner.serve_stream(GENERATE, eager)
        await owner.serving()
        stream = await reader.stream(GENERATE, ENVELOPE, BODY)
        await asyncio.sleep(0.3)
        assert produced <= WINDOW + 1
        await stream.cancel()


async def test_a_reader_that_leaves_cancels_the_work_at_once(server: NatsServer) -> None:
    cancelled = asyncio.Event()

    async def endless(request: Generate, caller: Caller) -> AsyncIterator[bytes]:
        try:
            yield MediaType("text/event-stream")  # type: ignore[misc]
            while True:
                await asyncio.sleep(0.01)
                yield b"x"
        finally:
            cancelled.set()

    async with text_pair(server) as (owner, reader):
        await owner.serve_stream(GENERATE, endless)
        await owner.serving()
        stream = await reader.stream(GENERATE, ENVELOPE, BODY)
        chunks = aiter(stream)
        assert await anext(chunks) == b"x"
        await chunks.aclose()  # type: ignore[attr-defined]
        async with asyncio.timeout(1):
            await cancelled.wait()


async def test_a_cancel_before_the_first_byte_reaches_the_owner(server: NatsServer) -> None:
    cancelled = asyncio.Event()

    async def silent(request: Generate, caller: Caller) -> AsyncIterator[bytes]:
        try:
            await asyncio.sleep(60)
            yield b"never"
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with text_pair(server) as (owner, reader):
        await owner.serve_stream(GENERATE, silent)
        await owner.serving()
        stream = await reader.stream(GENERATE, ENVELOPE, BODY)
        await stream.cancel()
        async with asyncio.timeout(1):
            await cancelled.wait()


async def test_a_refusal_before_the_first_byte_is_the_readers(server: NatsServer) -> None:
    async def refuse(request: Generate, caller: Caller) -> AsyncIterator[bytes]:
        raise Refusal(ErrorKind.RATE_LIMITED, "quota", retry_after_seconds=7)
        yield b""

    async with text_pair(server) as (owner, reader):
        await owner.serve_stream(GENERATE, refuse)
        await owner.serving()
        stream = await reader.stream(GENERATE, ENVELOPE, BODY)
        with pytest.raises(Refusal) as caught:
            await stream.begun()
        assert caught.value.kind is ErrorKind.RATE_LIMITED
        assert caught.value.members == {"retry_after_seconds": 7}


async def test_a_lost_server_ends_a_stream_with_an_error_on_both_sides(server: NatsServer) -> None:
    ended = asyncio.Event()

    async def endless(request: Generate, caller: Caller) -> AsyncIterator[bytes]:
        try:
            while True:
                await asyncio.sleep(0.02)
                yield b"x"
        finally:
            ended.set()

    async with text_pair(server) as (owner, reader):
        await owner.serve_stream(GENERATE, endless)
        await owner.serving()
        stream = await reader.stream(GENERATE, ENVELOPE, BODY)
        await stream.begun()
        await server.kill()
        with pytest.raises(Refusal) as caught:
            async for _ in stream:
                pass
        assert caught.value.kind is ErrorKind.UNAVAILABLE
        async with asyncio.timeout(1):
            await ended.wait()


async def test_an_owner_that_died_is_noticed_within_seconds(server: NatsServer) -> None:
    """It has accepted, and nobody listens any more where the reader's words go."""
    dead = await server.connect("textproxy", Account.CONTENT.value)

    async def accept_and_die(message: Msg) -> None:
        control = "_INBOX.textproxy.dead.s.stream"
        await dead.publish(message.reply, encode_frame(0, 0, 1, b""), reply=control)

    await dead.subscribe(GENERATE.subject, queue=GENERATE.owner, cb=accept_and_die)
    await dead.flush()
    async with on_the_bus(server, "gateway", Account.CONTENT) as reader:
        stream = await reader.stream(GENERATE, ENVELOPE, BODY)
        async with asyncio.timeout(HEARTBEAT_SECONDS + 1):
            with pytest.raises(Refusal) as caught:
                await stream.begun()
        assert caught.value.kind is ErrorKind.UNAVAILABLE
    await dead.close()


async def test_closing_while_the_server_is_gone_leaves_no_task(server: NatsServer) -> None:
    before = asyncio.all_tasks()
    buses = [Bus(service, Clock()) for service in ("gateway", "consent", "auth", "dsar")]
    for bus in buses:
        await bus.open(server.servers, server.seed(bus.service))
    await server.kill()
    await asyncio.sleep(0.3)
    await asyncio.gather(*(bus.close() for bus in buses))
    async with asyncio.timeout(5):
        while asyncio.all_tasks() - before:
            await asyncio.sleep(0.05)
    assert not any(bus.connected for bus in buses)
