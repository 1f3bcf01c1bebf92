"""How an answer leaves: events, or one document that stays JSON however long it takes."""

import asyncio
import json

import pytest

from chassis.bus import MediaType
from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from contracts.text import Generate
from services.textproxy import endpoints
from services.textproxy.domain import Progress
from services.textproxy.endpoints import TextEndpoints, events_of
from tests.unit.textproxy.fakes import Arrangement

CALLER = Caller(service="gateway", quota_key="k" * 32, tier="free")


def asked(*, stream: bool) -> Generate:
    return Generate(tool="simplify", inputs={"text": "Hej."}, stream=stream)


async def parts_of(given: Arrangement, *, stream: bool) -> list[bytes | MediaType]:
    answering = TextEndpoints([], given.generation)
    return [part async for part in answering.generate(asked(stream=stream), CALLER)]


async def test_a_stream_says_what_it_is_before_its_first_text() -> None:
    parts = await parts_of(Arrangement(Progress("Hej"), Progress("", "stop", 1, 2)), stream=True)
    assert parts[0] == MediaType("text/event-stream")
    assert parts[1] == b'event: delta\ndata: {"text":"Hej"}\n\n'
    assert parts[2] == (
        b'event: usage\ndata: {"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}\n\n'
        b'event: done\ndata: {"finish_reason":"stop"}\n\n'
    )


def test_a_line_end_in_the_text_does_not_end_the_event() -> None:
    assert events_of(Progress("a\n\ndata: b")).count(b"\n\n") == 1


async def test_a_slow_document_is_preceded_by_spaces_and_stays_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "SPACE_EVERY_SECONDS", 0.01)
    parts = await parts_of(Arrangement(0.1, Progress("Hej", "stop", 1, 2)), stream=False)
    assert parts[0] == MediaType("application/json")
    data = b"".join(part for part in parts if isinstance(part, bytes))
    assert data.startswith(b"  ")
    assert json.loads(data)["text"] == "Hej"


@pytest.mark.parametrize("stream", [True, False])
async def test_without_quota_nothing_begins(stream: bool) -> None:
    answering = TextEndpoints([], Arrangement(left=0).generation).generate(asked(stream=stream), CALLER)
    with pytest.raises(Refusal):
        await anext(answering)


async def test_a_stream_begins_before_the_model_has_said_anything() -> None:
    answering = TextEndpoints([], Arrangement(30.0).generation).generate(asked(stream=True), CALLER)
    assert await anext(answering) == MediaType("text/event-stream")
    await answering.aclose()


async def test_the_models_refusal_ends_a_stream_that_has_begun() -> None:
    given = Arrangement(Refusal(ErrorKind.CONTENT_FILTERED, "prompt"))
    answering = TextEndpoints([], given.generation).generate(asked(stream=True), CALLER)
    assert await anext(answering) == MediaType("text/event-stream")
    with pytest.raises(Refusal):
        await anext(answering)


async def test_the_models_refusal_of_a_document_comes_before_anything_else() -> None:
    given = Arrangement(Refusal(ErrorKind.CONTENT_FILTERED, "prompt"))
    answering = TextEndpoints([], given.generation).generate(asked(stream=False), CALLER)
    with pytest.raises(Refusal):
        await anext(answering)


async def test_leaving_a_document_leaves_the_model() -> None:
    given = Arrangement(30.0)
    task = asyncio.create_task(parts_of(given, stream=False))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert given.model.left
