"""The Azure OpenAI emulator as the vendor's own SDK sees it."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncAzureOpenAI

from tests.integration.emulators.running import Running
from tests.support import http

SIMPLIFY = {"role": "system", "content": "task: simplify"}
SWEDISH = (
    "Fotosyntesen är en komplicerad process som omvandlar solljus till kemisk energi, vilket möjliggör liv, "
    "eftersom växterna samtidigt tillhandahåller syre åt åtskilliga individer."
)


def asked(text: str = SWEDISH) -> list[Any]:
    return [SIMPLIFY, {"role": "user", "content": text}]


@pytest.fixture
def azure(shared_emulator: Callable[[str], Running]) -> Running:
    return shared_emulator("azure_openai")


@pytest.fixture
async def client(azure: Running) -> AsyncIterator[AsyncAzureOpenAI]:
    async with AsyncAzureOpenAI(
        azure_endpoint=azure.url, api_key="emulator-key", api_version="2024-10-21", max_retries=0, timeout=10
    ) as made:
        yield made


async def complete(client: AsyncAzureOpenAI, text: str = SWEDISH, deployment: str = "school", **options: Any) -> Any:
    return await client.chat.completions.create(model=deployment, messages=asked(text), **options)


async def chunks_of(client: AsyncAzureOpenAI, text: str = SWEDISH, **options: Any) -> list[Any]:
    stream = await complete(client, text, stream=True, **options)
    return [chunk async for chunk in stream]


def text_of(chunks: list[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices and chunk.choices[0].delta)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_simplifies_the_readers_own_swedish_text(client: AsyncAzureOpenAI) -> None:
    answer = await complete(client)
    text = answer.choices[0].message.content
    assert "Fotosyntesen är en svår process som gör om solljus till kemisk energi." in text
    assert "ger syre åt många personer" in text
    assert all(len(sentence.split()) < 16 for sentence in text.split("."))


async def test_only_the_first_answer_after_start_says_that_it_is_an_emulator(emulator: Callable[..., Running]) -> None:
    azure = emulator("azure_openai")
    async with AsyncAzureOpenAI(azure_endpoint=azure.url, api_key="emulator-key", api_version="2024-10-21") as client:
        first, second = await complete(client), await complete(client)
    assert first.choices[0].message.content.startswith("Emulator: Det här svaret kommer från en emulator")
    assert "Emulator" not in second.choices[0].message.content


async def test_streams_like_azure_and_slowly_enough_to_be_seen(client: AsyncAzureOpenAI) -> None:
    began = time.monotonic()
    chunks = await chunks_of(client, stream_options={"include_usage": True})
    took = time.monotonic() - began
    assert chunks[0].choices == []
    assert chunks[0].model_extra["prompt_filter_results"][0]["prompt_index"] == 0
    assert chunks[1].choices[0].delta.role == "assistant"
    assert len(chunks) >= 20 + 4
    assert took >= 19 * 0.05
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens > 0
    assert "Det beror på att växterna" in text_of(chunks)


async def test_characters_survive_a_split_between_tcp_segments(azure: Running, client: AsyncAzureOpenAI) -> None:
    azure.fault(times=None, pace_seconds=0)
    assert "Åsa åt äpplen och öl 🍏 på ön." in text_of(await chunks_of(client, "Åsa åt äpplen och öl 🍏 på ön."))


async def test_pieces_and_pace_are_set_at_the_door(azure: Running, client: AsyncAzureOpenAI) -> None:
    azure.fault(times=None, pieces=30, pace_seconds=0)
    chunks = await chunks_of(client)
    assert len([chunk for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]) == 30


async def test_annotation_chunks_have_no_delta(azure: Running, client: AsyncAzureOpenAI) -> None:
    azure.fault(quirk="annotations", pace_seconds=0)
    chunks = await chunks_of(client)
    assert any(chunk.choices and chunk.choices[0].delta is None for chunk in chunks)


async def test_a_filtered_prompt_is_refused_as_azure_does(client: AsyncAzureOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        await complete(client, "Text [[filter]] text")
    assert refusal.value.code == "content_filter"
    body: Any = refusal.value.body
    assert body["innererror"]["code"] == "ResponsibleAIPolicyViolation"


async def test_a_late_filter_ends_the_stream_midway(azure: Running, client: AsyncAzureOpenAI) -> None:
    azure.fault(times=None, pace_seconds=0)
    whole = text_of(await chunks_of(client))
    chunks = await chunks_of(client, f"{SWEDISH}[[filter-late]]")
    assert chunks[-1].choices[0].finish_reason == "content_filter"
    assert 0 < len(text_of(chunks)) < len(whole)


async def test_a_wrong_key_is_refused(azure: Running) -> None:
    async with AsyncAzureOpenAI(azure_endpoint=azure.url, api_key="other", api_version="2024-10-21") as stranger:
        with pytest.raises(openai.AuthenticationError) as refusal:
            await complete(stranger)
    assert refusal.value.code == "401"


async def test_a_missing_deployment_is_named_so(client: AsyncAzureOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as refusal:
        await complete(client, deployment="missing-model")
    assert refusal.value.code == "DeploymentNotFound"


async def test_a_known_but_unwanted_key_is_accepted_and_recorded(azure: Running, client: AsyncAzureOpenAI) -> None:
    await complete(client, user="pupil-1", store=True)
    body = base64.b64decode(azure.requests()[0]["body"])
    assert b'"user":"pupil-1"' in body


async def test_an_unknown_body_key_is_refused(client: AsyncAzureOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="Unrecognized request argument supplied: shoe_size"):
        await complete(client, extra_body={"shoe_size": 43})


async def test_an_unknown_header_of_the_vendor_is_refused(client: AsyncAzureOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="x-ms-pupil"):
        await complete(client, extra_headers={"x-ms-pupil": "1"})


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/openai/deployments/school/chat/completions", {"messages": []}, 404),
        ("/openai/deployments/school/chat/completions?api-version=2024-10-21", {"model": "x"}, 400),
        ("/openai/deployments/school/embeddings?api-version=2024-10-21", {}, 404),
        ("/openai/deployments/school/chat/completions?api-version=2024-10-21", {"x": "a" * 1_100_000}, 413),
    ],
)
def test_wrong_calls_get_the_vendors_error(azure: Running, path: str, body: Any, status: int) -> None:
    answer = http.post(f"{azure.url}{path}", json=body, headers={"api-key": "emulator-key"})
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


async def test_leaving_is_seen_within_a_second_and_ends_the_work(azure: Running, client: AsyncAzureOpenAI) -> None:
    azure.fault(pieces=60, pace_seconds=0.1)
    stream = await complete(client, stream=True)
    await anext(aiter(stream))
    assert azure.requests()[0]["closed_at"] is None
    assert azure.get("/__emu/")["answering"] == 1
    left = datetime.fromtimestamp(time.time(), UTC)
    await stream.close()
    await client.close()
    for _ in range(50):
        if azure.requests()[0]["closed_at"]:
            break
        await asyncio.sleep(0.02)
    assert abs((moment(azure.requests()[0]["closed_at"]) - left).total_seconds()) < 0.5
    assert azure.get("/__emu/")["answering"] == 0


async def test_leaving_ends_the_work_even_between_two_pieces(azure: Running, client: AsyncAzureOpenAI) -> None:
    azure.fault(stall_after=1)
    stream = await complete(client, stream=True)
    await anext(aiter(stream))
    await stream.close()
    await client.close()
    for _ in range(50):
        if azure.get("/__emu/")["answering"] == 0:
            break
        await asyncio.sleep(0.02)
    assert azure.get("/__emu/")["answering"] == 0


def test_a_character_is_split_between_segments(azure: Running) -> None:
    azure.fault(pace_seconds=0)
    body = {"messages": asked("Åsa åt äpplen."), "stream": True}
    url = f"{azure.url}/openai/deployments/school/chat/completions?api-version=2024-10-21"
    with httpx.stream("POST", url, json=body, headers={"api-key": "emulator-key"}) as answer:
        segments = list(answer.iter_raw())
    assert any(not _is_text(segment) for segment in segments)
    assert "å" in b"".join(segments).decode()


def _is_text(segment: bytes) -> bool:
    try:
        segment.decode()
    except UnicodeDecodeError:
        return False
    return True


async def test_the_record_holds_what_was_sent_and_not_the_door(azure: Running, client: AsyncAzureOpenAI) -> None:
    await complete(client)
    (record,) = azure.requests()
    assert record["method"] == "POST"
    assert record["path"].endswith("/deployments/school/chat/completions?api-version=2024-10-21")
    assert ["api-key", "emulator-key"] in [[name.lower(), value] for name, value in record["headers"]]
    assert record["bytes"] == len(base64.b64decode(record["body"])) > 0
    assert record["connection"]


async def test_calls_on_one_connection_share_its_id(azure: Running, client: AsyncAzureOpenAI) -> None:
    azure.fault(times=None, pace_seconds=0)
    await complete(client)
    await complete(client)
    first, second = azure.requests()
    assert first["connection"] == second["connection"]


async def test_too_many_requests_with_the_retry_header(azure: Running, client: AsyncAzureOpenAI) -> None:
    azure.fault(status=429, headers={"retry-after-ms": "50"}, times=1)
    patient = client.with_options(max_retries=1)
    assert (await complete(patient)).choices[0].finish_reason == "stop"
    assert len(azure.requests()) == 2


async def test_an_error_frame_midway(azure: Running, client: AsyncAzureOpenAI) -> None:
    azure.fault(error_after=3, pace_seconds=0)
    with pytest.raises(openai.APIError, match="Failed"):
        await chunks_of(client)


async def test_a_reset_midway(azure: Running, client: AsyncAzureOpenAI) -> None:
    azure.fault(reset_after=3, pace_seconds=0)
    with pytest.raises(openai.APIConnectionError):
        await chunks_of(client)


async def test_a_stall_midway(azure: Running, client: AsyncAzureOpenAI) -> None:
    azure.fault(stall_after=3, pace_seconds=0)
    with pytest.raises(openai.APITimeoutError):
        await chunks_of(client, timeout=0.3)


async def test_a_late_first_byte(azure: Running, client: AsyncAzureOpenAI) -> None:
    azure.fault(delay=0.3)
    began = time.monotonic()
    await complete(client)
    assert time.monotonic() - began >= 0.3
