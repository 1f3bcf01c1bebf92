"""What Azure OpenAI is sent, and what becomes of each of its answers: the adapter against the emulator."""

import asyncio
import base64
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace

from contracts.errors import ErrorKind, Refusal
from services.textproxy.adapters.azure import AzureLanguageModel
from services.textproxy.adapters.patience import Patience
from services.textproxy.adapters.sdk import Deployment
from services.textproxy.domain import Progress, Prompt
from tests.contract.azure_openai import PROMPT, QUICK, TEXT, azure, closed, model_at, process
from tests.integration.emulators.running import Running, start
from tests.support.waiting import until

__all__ = ["azure", "process"]

LAST_EVENTS = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


@pytest.fixture
async def model(azure: Running) -> AsyncIterator[AzureLanguageModel]:
    made = await model_at(azure)
    yield made
    await made.close()


async def answer_of(model: AzureLanguageModel, prompt: Prompt = PROMPT) -> list[Progress]:
    return [progress async for progress in model.stream(prompt)]


async def refusal_of(model: AzureLanguageModel, prompt: Prompt = PROMPT) -> tuple[Refusal, list[Progress]]:
    seen: list[Progress] = []
    try:
        async for progress in model.stream(prompt):
            seen.append(progress)  # noqa: PERF401  # what came before the refusal counts
    except Refusal as refusal:
        return refusal, seen
    raise AssertionError("the answer was not refused")


def asking(text: str) -> Prompt:
    return Prompt(PROMPT.instruction, text, 0.3, 1000)


def text_of(seen: list[Progress]) -> str:
    return "".join(progress.text for progress in seen)


async def test_only_listed_headers_and_members_are_sent(azure: Running, model: AzureLanguageModel) -> None:
    await answer_of(model)
    (request,) = azure.requests()
    headers = {name.lower(): value for name, value in request["headers"]}
    assert set(headers) == {
        "host", "accept", "accept-encoding", "content-type", "content-length", "user-agent", "api-key"
    } | ({"connection"} & set(headers))  # fmt: skip
    assert headers["user-agent"] == "larabot"
    assert request["path"] == "/openai/deployments/school/chat/completions?api-version=2024-10-21"
    body = json.loads(base64.b64decode(request["body"]))
    assert set(body) == {"messages", "stream", "stream_options", "max_tokens", "temperature"}
    assert body["stream_options"] == {"include_usage": True}
    assert [message["role"] for message in body["messages"]] == ["system", "user"]


async def test_the_vendor_is_sent_these_bytes_and_no_others(azure: Running, model: AzureLanguageModel) -> None:
    assert azure.requests() == []  # preparing a request sends nothing
    azure.fault(status=503, headers={"Set-Cookie": "who=anna"})
    with trace.get_tracer("test").start_as_current_span("request"):
        await answer_of(model)
    expected = (
        b'{"messages":[{"role":"system","content":"Task: simplify\\nRewrite the text."},'
        b'{"role":"user","content":"%b"}],"temperature":0.3,"max_tokens":1000,"stream":true,'
        b'"stream_options":{"include_usage":true}}'
    ) % TEXT.encode()
    sent = [
        ["Accept", "application/json"],
        ["Accept-Encoding", "identity"],
        ["Api-Key", "emulator-key"],
        ["Content-Length", str(len(expected))],
        ["Content-Type", "application/json"],
        ["Host", azure.url.removeprefix("http://")],
        ["User-Agent", "larabot"],
    ]
    first, again = azure.requests()
    for request in (first, again):
        assert base64.b64decode(request["body"]) == expected
        assert sorted([name.title(), value] for name, value in request["headers"]) == sent


async def test_a_whole_answer_is_asked_for_without_stream_options(azure: Running, model: AzureLanguageModel) -> None:
    answer = await model.whole(PROMPT)
    body = json.loads(base64.b64decode(azure.requests()[0]["body"]))
    assert set(body) == {"messages", "stream", "max_tokens", "temperature"}
    assert "åt många personer" in answer.text
    assert (answer.finish_reason, answer.completion_tokens > 0) == ("stop", True)


async def test_a_stream_ends_with_a_reason_and_its_tokens(model: AzureLanguageModel) -> None:
    seen = await answer_of(model)
    assert seen[-1].finish_reason == "stop"
    assert seen[-1].prompt_tokens > 0
    assert seen[-1].completion_tokens > 0


async def test_characters_split_between_segments_arrive_whole(model: AzureLanguageModel) -> None:
    assert "Åsa åt äpplen på ön 🍏" in text_of(await answer_of(model))


async def test_chunks_without_a_delta_are_borne(azure: Running, model: AzureLanguageModel) -> None:
    plain = text_of(await answer_of(model))
    azure.fault(quirk="annotations", pace_seconds=0)
    assert text_of(await answer_of(model)) == plain


async def test_a_filtered_prompt_is_refused_with_its_category_only(model: AzureLanguageModel) -> None:
    refusal, seen = await refusal_of(model, asking("Text [[filter]] text"))
    assert (refusal.kind, refusal.members) == (ErrorKind.CONTENT_FILTERED, {"category": "violence"})
    assert seen == []


async def test_a_late_filter_is_told_as_the_reason_to_finish(model: AzureLanguageModel) -> None:
    seen = await answer_of(model, asking(f"{TEXT}[[filter-late]]"))
    assert seen[-1].finish_reason == "content_filter"
    assert text_of(seen)


async def test_a_busy_vendor_is_asked_again_when_it_says(azure: Running, model: AzureLanguageModel) -> None:
    azure.fault(status=429, headers={"retry-after-ms": "150", "retry-after": "60"})
    began = time.monotonic()
    assert (await answer_of(model))[-1].finish_reason == "stop"
    assert 0.15 <= time.monotonic() - began < 30
    assert len(azure.requests()) == 2


async def test_a_vendor_that_stays_busy_is_told_with_its_wish(azure: Running, model: AzureLanguageModel) -> None:
    azure.fault(status=429, times=None, headers={"retry-after": "7", "retry-after-ms": "7000"})
    refusal, _ = await refusal_of(model)
    assert (refusal.kind, refusal.members) == (ErrorKind.RATE_LIMITED, {"retry_after_seconds": 7})
    assert len(azure.requests()) == 1  # seven seconds are beyond what we would wait


@pytest.mark.parametrize("status", [408, 500, 503])
async def test_passing_trouble_is_tried_again_three_times_at_most(
    azure: Running, model: AzureLanguageModel, status: int
) -> None:
    azure.fault(status=status, times=None)
    refusal, seen = await refusal_of(model)
    assert (refusal.kind, seen) == (ErrorKind.UPSTREAM_FAILED, [])
    assert len(azure.requests()) == 3


async def test_a_refused_key_is_an_alarm_and_not_tried_again(azure: Running, caplog: pytest.LogCaptureFixture) -> None:
    model = await model_at(azure, key="wrong-key")
    refusal, _ = await refusal_of(model)
    await model.close()
    assert (refusal.kind, refusal.reason) == (ErrorKind.UPSTREAM_FAILED, "credentials")
    assert len(azure.requests()) == 1
    assert [record.levelname for record in caplog.records if record.name.startswith("larabot")] == ["ERROR"]


async def test_a_missing_deployment_is_an_alarm(azure: Running) -> None:
    model = await model_at(azure, name="missing-model")
    refusal, _ = await refusal_of(model)
    await model.close()
    assert (refusal.kind, refusal.reason) == (ErrorKind.UPSTREAM_FAILED, "deployment")


async def test_an_error_in_mid_stream_ends_it_as_an_error(azure: Running, model: AzureLanguageModel) -> None:
    azure.fault(error_after=5, pace_seconds=0)
    refusal, seen = await refusal_of(model)
    assert (refusal.kind, refusal.reason) == (ErrorKind.UPSTREAM_FAILED, "broken-off")
    assert text_of(seen)


async def test_a_reset_in_mid_stream_is_never_a_silent_stop(azure: Running, model: AzureLanguageModel) -> None:
    azure.fault(reset_after=5, pace_seconds=0.02)
    refusal, seen = await refusal_of(model)
    assert (refusal.kind, refusal.reason) == (ErrorKind.UPSTREAM_FAILED, "cut-off")
    assert text_of(seen)
    assert len(azure.requests()) == 1


async def test_a_reset_before_the_first_byte_is_tried_again(azure: Running, model: AzureLanguageModel) -> None:
    await answer_of(model)
    azure.fault(match={"body": '"stream":false'}, reset_after=0)
    assert (await model.whole(PROMPT)).finish_reason == "stop"
    assert len(azure.requests()) == 3


async def test_silence_in_mid_stream_is_not_waited_out(azure: Running, model: AzureLanguageModel) -> None:
    azure.fault(stall_after=3, pace_seconds=0)
    began = time.monotonic()
    refusal, seen = await refusal_of(model)
    assert (refusal.kind, refusal.reason) == (ErrorKind.TIMEOUT, "vendor-silent")
    assert time.monotonic() - began < 30
    assert text_of(seen)
    assert await closed(azure)


async def test_silence_before_the_first_token_is_not_waited_out(azure: Running, model: AzureLanguageModel) -> None:
    azure.fault(delay=30)
    refusal, seen = await refusal_of(model)
    assert (refusal.kind, seen) == (ErrorKind.TIMEOUT, [])
    assert await closed(azure)


async def test_a_silent_model_is_not_waited_for_beyond_the_deadline_of_a_whole_answer(azure: Running) -> None:
    azure.fault(pace_seconds=45)
    patience = Patience(first_token_seconds=1)
    model = await model_at(azure, patience=patience)
    with pytest.raises(Refusal) as caught:
        await model.whole(Prompt("Task: simplify\nRewrite the text.", TEXT, 0.3, 50))
    assert (caught.value.kind, caught.value.members) == (ErrorKind.TIMEOUT, {"deadline_seconds": 1.5})
    assert await closed(azure)
    await model.close()


@pytest.mark.parametrize(
    "order", [{"delay": 45}, {"stall_after": 0}, {"status": 503, "headers": {"retry-after": "45"}}]
)
async def test_the_first_token_s_deadline_is_said(azure: Running, order: dict[str, Any]) -> None:
    azure.fault(**order, times=None)
    model = await model_at(azure, patience=Patience(first_token_seconds=1, retries_seconds=60))
    refusal, seen = await refusal_of(model)
    assert (refusal.kind, refusal.members, seen) == (ErrorKind.TIMEOUT, {"deadline_seconds": 1}, [])
    await model.close()


async def test_a_slow_reader_s_time_is_not_the_vendor_s(azure: Running, model: AzureLanguageModel) -> None:
    azure.fault(pieces=30, pace_seconds=0.01)
    async with aclosing(model.stream(PROMPT)) as answer:
        seen = [await anext(answer)]
        await asyncio.sleep(2 * QUICK.first_token_seconds)
        seen += [progress async for progress in answer]
    assert seen[-1].finish_reason == "stop"


async def test_leaving_in_mid_stream_closes_the_connection(azure: Running, model: AzureLanguageModel) -> None:
    azure.fault(pieces=60, pace_seconds=0.1)
    async with aclosing(model.stream(PROMPT)) as answer:
        async for progress in answer:
            if progress.text:
                break
    assert await closed(azure)


@pytest.mark.parametrize("order", [{"delay": 30}, {"stall_after": 0}, {"stall_after": 2}])
async def test_a_cancelled_stream_closes_the_connection(azure: Running, order: dict[str, float]) -> None:
    model = await model_at(azure, patience=Patience())
    azure.fault(**order)
    task = asyncio.create_task(answer_of(model))
    await until(azure.requests)
    await asyncio.sleep(0.2)
    assert azure.requests()[-1]["closed_at"] is None
    task.cancel()
    assert await closed(azure)
    await model.close()


async def test_a_cancelled_whole_answer_closes_the_connection(azure: Running) -> None:
    model = await model_at(azure, patience=Patience())
    azure.fault(pace_seconds=30)
    task = asyncio.create_task(model.whole(PROMPT))
    await asyncio.sleep(0.2)
    task.cancel()
    assert await closed(azure)
    await model.close()


async def test_a_finished_answer_leaves_its_connection_for_the_next(azure: Running, model: AzureLanguageModel) -> None:
    await answer_of(model)
    await answer_of(model)
    await model.whole(PROMPT)
    assert len({request["connection"] for request in azure.requests()}) == 1


async def test_a_last_segment_that_lags_does_not_cost_the_connection() -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                writer.write(b"%x\r\n%b\r\n" % (len(LAST_EVENTS), LAST_EVENTS))
                await asyncio.sleep(0.05)
                writer.write(b"0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        model = AzureLanguageModel(Deployment(url, "school", "2024-10-21", "key"), QUICK)
        await model.open()
        for _ in range(3):
            await answer_of(model)
        await model.close()
    assert connections == 1


async def test_cookies_of_the_vendor_are_not_kept(azure: Running, model: AzureLanguageModel) -> None:
    azure.fault(status=429, headers={"retry-after-ms": "1", "Set-Cookie": "who=anna; Path=/"})
    await answer_of(model)
    assert not [name for request in azure.requests() for name, _ in request["headers"] if name.lower() == "cookie"]


async def test_a_redirect_is_not_followed(azure: Running, model: AzureLanguageModel) -> None:
    azure.fault(status=307, headers={"Location": f"{azure.url}/elsewhere"})
    refusal, _ = await refusal_of(model)
    assert refusal.kind is ErrorKind.UPSTREAM_FAILED
    assert len(azure.requests()) == 1


async def test_an_unreachable_vendor_is_an_upstream_failure(tmp_path: Path) -> None:
    running = start("azure_openai", tmp_path)
    running.stop()
    model = await model_at(running)
    refusal, _ = await refusal_of(model)
    await model.close()
    assert (refusal.kind, refusal.reason) == (ErrorKind.UPSTREAM_FAILED, "unreachable")


async def test_no_text_and_no_key_in_any_log_even_at_debug(
    azure: Running, model: AzureLanguageModel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await answer_of(model)
    await refusal_of(model, asking("hemligt-ord [[filter]]"))
    azure.fault(status=500, times=3)
    await refusal_of(model, asking("hemligt-ord"))
    azure.fault(reset_after=2, pace_seconds=0)
    await refusal_of(model, asking("hemligt-ord hemligt-ord hemligt-ord"))
    written = caplog.text
    assert "hemligt-ord" not in written
    assert "äpplen" not in written
    assert "emulator-key" not in written


async def test_one_model_serves_many_at_once(azure: Running) -> None:
    model = await model_at(azure, patience=Patience())
    azure.fault(times=3, status=503)
    answers = await asyncio.gather(*(answer_of(model) for _ in range(24)))
    await model.close()
    assert {answer[-1].finish_reason for answer in answers} == {"stop"}
