"""The bus where things go wrong: late acceptances, cancels in a row, foreign control subjects, bugs, too much."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from nats.aio.msg import Msg
from sqlalchemy.exc import DBAPIError, IntegrityError

from chassis.bus.codec import MESSAGE_BYTES_MAX
from chassis.bus.frames import CANCEL, encode_frame
from contracts.consent import CHANGED, GRANTED, POLICY, ConsentChanged, Granted, GrantedRequest
from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from contracts.messages import Empty
from contracts.table import Account
from contracts.text import GENERATE, Generate
from tests.integration.chassis.test_bus import BODY, ENVELOPE, on_the_bus, text_pair
from tests.support.nats import NatsServer


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with NatsServer(tmp_path) as running:
        yield running


async def test_a_reader_that_left_before_the_acceptance_cancels_the_work(server: NatsServer) -> None:
    """The owner accepts, and nobody waits for it any more."""
    owner = await server.connect("textproxy", Account.CONTENT.value)
    asked: asyncio.Queue[Msg] = asyncio.Queue()
    told: asyncio.Queue[Msg] = asyncio.Queue()
    await owner.subscribe(GENERATE.subject, queue=GENERATE.owner, cb=asked.put)
    await owner.subscribe("_INBOX.textproxy.late.s.stream", cb=told.put)
    await owner.flush()
    async with on_the_bus(server, "gateway", Account.CONTENT) as reader:
        opening = asyncio.create_task(reader.stream(GENERATE, ENVELOPE, BODY))
        async with asyncio.timeout(2):
            question = await asked.get()
        opening.cancel()
        await asyncio.sleep(0.05)
        control = "_INBOX.textproxy.late.s.stream"
        await owner.publish(question.reply, encode_frame(0, 0, 1, b""), reply=control)
        async with asyncio.timeout(2):
            assert (await told.get()).data == CANCEL
    await owner.close()


async def test_an_owner_cannot_make_the_reader_speak_to_others(server: NatsServer) -> None:
    """It names another service's subject as the place for credit and cancel."""
    owner = await server.connect("textproxy", Account.CONTENT.value)

    async def accept_elsewhere(message: Msg) -> None:
        await owner.publish(message.reply, encode_frame(0, 0, 1, b""), reply=GENERATE.subject)

    await owner.subscribe(GENERATE.subject, queue=GENERATE.owner, cb=accept_elsewhere)
    await owner.flush()
    async with on_the_bus(server, "gateway", Account.CONTENT) as reader:
        with pytest.raises(Refusal) as caught:
            await reader.stream(GENERATE, ENVELOPE, BODY)
        assert caught.value.kind is ErrorKind.UPSTREAM_FAILED
    await owner.close()


async def test_a_second_cancel_does_not_break_off_the_tidying_up(server: NatsServer) -> None:
    tidied = asyncio.Event()

    async def tidy(request: Generate, caller: Caller) -> AsyncIterator[bytes]:
        try:
            yield b"x"
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.2)
            tidied.set()

    async with text_pair(server) as (owner, reader):
        await owner.serve_stream(GENERATE, tidy)
        await owner.serving()
        stream = await reader.stream(GENERATE, ENVELOPE, BODY)
        await stream.begun()
        for _ in range(3):
            reader._link.send(stream._control, CANCEL, "")  # noqa: SLF001 — as an impatient reader would
            await asyncio.sleep(0.05)
        async with asyncio.timeout(1):
            await tidied.wait()
        await stream.cancel()


async def test_an_answer_that_does_not_fit_the_bus_is_a_fault_at_once(server: NatsServer) -> None:
    class Large(Granted):
        more: str

    async def answer(request: GrantedRequest, caller: Caller) -> Granted:
        return Large(purposes=[], more="x" * MESSAGE_BYTES_MAX)

    async with on_the_bus(server, "consent") as consent, on_the_bus(server, "gateway") as gateway:
        await consent.serve(GRANTED, answer)
        await consent.serving()
        async with asyncio.timeout(1):
            with pytest.raises(Refusal) as caught:
                await gateway.call(GRANTED, GrantedRequest())
        assert (caught.value.kind, caught.value.reason) == (ErrorKind.INTERNAL, "answer-too-large")


async def test_a_handler_that_returns_nonsense_is_a_fault_at_once(server: NatsServer) -> None:
    async def forget(request: Empty, caller: Caller) -> None:
        return None

    async with on_the_bus(server, "consent") as consent, on_the_bus(server, "gateway") as gateway:
        await consent.serve(POLICY, forget)  # type: ignore[arg-type] # that is the bug
        await consent.serving()
        async with asyncio.timeout(1):
            with pytest.raises(Refusal) as caught:
                await gateway.call(POLICY, Empty())
        assert caught.value.kind is ErrorKind.INTERNAL


class OfPostgres(Exception):
    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError(), ErrorKind.UNAVAILABLE),
        (TimeoutError(), ErrorKind.UNAVAILABLE),
        (DBAPIError("select", {}, OfPostgres("57P01")), ErrorKind.UNAVAILABLE),
        (DBAPIError("select", {}, OfPostgres("08003")), ErrorKind.UNAVAILABLE),
        (DBAPIError("select", {}, OfPostgres("40P01")), ErrorKind.UNAVAILABLE),
        (DBAPIError("select", {}, OfPostgres("42703")), ErrorKind.INTERNAL),
        (IntegrityError("insert", {}, ValueError()), ErrorKind.INTERNAL),
    ],
    ids=repr,
)
async def test_a_database_that_is_away_is_told_apart_from_a_bug(
    server: NatsServer, error: Exception, kind: ErrorKind
) -> None:
    async def fail(request: GrantedRequest, caller: Caller) -> Granted:
        raise error

    async with on_the_bus(server, "consent") as consent, on_the_bus(server, "gateway") as gateway:
        await consent.serve(GRANTED, fail)
        await consent.serving()
        with pytest.raises(Refusal) as caught:
            await gateway.call(GRANTED, GrantedRequest())
    assert caught.value.kind is kind


async def test_an_answer_that_takes_too_long_is_given_up_and_told_on_both_sides(
    server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    hasty = replace(GRANTED, deadline_seconds=0.1)

    async def dawdle(request: GrantedRequest, caller: Caller) -> Granted:
        await asyncio.sleep(0.3)
        return Granted(purposes=[])

    async with on_the_bus(server, "consent") as consent, on_the_bus(server, "gateway") as gateway:
        await consent.serve(hasty, dawdle)
        await consent.serving()
        with caplog.at_level(logging.WARNING, "larabot"):
            with pytest.raises(Refusal) as caught:
                await gateway.call(hasty, GrantedRequest())
            await asyncio.sleep(0.4)
        assert (caught.value.kind, caught.value.reason) == (ErrorKind.TIMEOUT, "no-answer-in-time")
        assert caught.value.members["retry_after_seconds"] == 1
        assert caplog.messages == ["no answer in time", "answered too late"]


async def test_a_bug_in_a_signals_handler_is_logged(server: NatsServer, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(message: ConsentChanged) -> None:
        raise KeyError

    async with on_the_bus(server, "consent") as consent, on_the_bus(server, "gateway") as gateway:
        await gateway.listen(CHANGED, fail)
        await gateway.serving()
        with caplog.at_level(logging.ERROR, "larabot"):
            await consent.signal(CHANGED, ConsentChanged(account_id="a" * 22))
            async with asyncio.timeout(2):
                while "signal not handled" not in caplog.text:
                    await asyncio.sleep(0.01)
        assert "KeyError" in caplog.text


async def test_a_closed_bus_leaves_no_task_behind(server: NatsServer) -> None:
    async def short(request: Generate, caller: Caller) -> AsyncIterator[bytes]:
        yield b"x"

    before = asyncio.all_tasks()
    async with text_pair(server) as (owner, reader):
        await owner.serve_stream(GENERATE, short)
        await owner.serving()
        stream = await reader.stream(GENERATE, ENVELOPE, BODY)
        assert [chunk async for chunk in stream] == [b"x"]
    await asyncio.sleep(0.1)
    left = {task.get_coro().__qualname__ for task in asyncio.all_tasks() - before if not task.done()}  # type: ignore[union-attr]
    assert left == set()
