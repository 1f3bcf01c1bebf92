"""Step 3: no text without consent; then a real Swedish text comes back simpler, piece by piece, and can be stopped."""

import asyncio
import time
from typing import Any

import pytest

from tests.support.people import a_teacher, events_of, run, somebody
from tests.support.platform import Platform
from tests.support.problems import problem
from tests.support.upstream import body_of, requests_with
from tests.support.waiting import until

SWEDISH = (
    "Fotosyntesen, som äger rum i de gröna växternas kloroplaster, är den process genom vilken solljusets energi "
    "omvandlas till kemisk energi, varvid koldioxid och vatten bildar socker och syre, vilket i sin tur utgör "
    "grundförutsättningen för i stort sett allt liv på jorden."
)


async def test_the_catalogue_needs_no_account_and_speaks_three_languages(platform: Platform) -> None:
    titles = set()
    for language in ("sv", "nb", "en"):
        async with somebody(platform, **{"Accept-Language": language}) as visitor:
            tools = (await visitor.browser.get("/api/text/tools")).json()["tools"]
        simplify = next(tool for tool in tools if tool["id"] == "simplify")
        titles.add(simplify["title"])
        required = {given["name"]: given["required"] for given in simplify["inputs"]}
        assert required["text"] is True
        assert not [name for name, needed in required.items() if needed and name != "text"]
    assert len(titles) == 3


async def test_without_an_account_there_is_no_text_tool(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        problem(await visitor.browser.post("/api/text/simplify", run(SWEDISH)), 401, "unauthenticated")


async def test_without_consent_the_refusal_names_the_purpose_and_the_vendor_sees_nothing(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        answer = await anna.browser.post("/api/text/simplify", run(f"{SWEDISH} {anna.canary}"))
        assert problem(answer, 403, "consent-required")["purpose"] == "text_tools"
        assert requests_with(platform, anna.canary) == []


async def test_a_text_comes_back_simpler_and_piece_by_piece(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        arrived: list[tuple[float, str]] = []
        answer = ""
        async with anna.browser.stream("POST", "/api/text/simplify", json=run(SWEDISH)) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            assert response.headers["cache-control"] == "no-store"
            async for event in events_of(response):
                arrived.append((time.monotonic(), event.name))
                answer += event.data["text"] if event.name == "delta" else ""
                last = event
    names = [name for _, name in arrived]
    assert names.count("delta") >= 20
    assert names[-1] == "done"
    assert last.data["finish_reason"] == "stop"
    assert "usage" in names
    assert arrived[-1][0] - arrived[0][0] > 0.5, "it came in one piece"
    sentences = [sentence for sentence in answer.split(".") if sentence.strip()]
    assert len(sentences) > SWEDISH.count("."), "long sentences are made short"
    assert "växter" in answer.lower()


async def test_the_first_byte_comes_before_the_vendor_has_said_anything(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        platform.emu("azure_openai").faults(match={"body": str(anna.canary)}, delay=30)
        began = time.monotonic()
        body = run(f"{SWEDISH} {anna.canary}")
        async with anna.browser.stream("POST", "/api/text/simplify", json=body) as response:
            await anext(response.aiter_raw())
            assert time.monotonic() - began < 10


async def test_one_json_answer_for_those_who_ask_for_it(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        answer = await anna.browser.post("/api/text/simplify", run(SWEDISH, stream=False))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["finish_reason"] == "stop"
    assert "växter" in answer.json()["text"].lower()
    assert answer.json()["usage"]


@pytest.mark.parametrize("phase", ["half-way", "before the first token", "as one JSON answer"])
async def test_stopping_closes_the_connection_to_the_vendor(platform: Platform, phase: str) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        if phase != "half-way":
            platform.emu("azure_openai").faults(match={"body": str(anna.canary)}, delay=20)
        body = run(f"{SWEDISH} {anna.canary}", stream=phase != "as one JSON answer")
        using = asyncio.create_task(read_some(anna.browser, body, pieces=5))
        (request,) = await until(lambda: requests_with(platform, anna.canary))
        assert request["closed_at"] is None
        if phase == "half-way":
            await using
        else:
            using.cancel()
            await asyncio.gather(using, return_exceptions=True)
        assert await until(lambda: requests_with(platform, anna.canary)[0]["closed_at"])


async def read_some(browser: Any, body: dict[str, Any], pieces: int) -> None:
    """Read as many pieces and leave."""
    async with browser.stream("POST", "/api/text/simplify", json=body) as response:
        read = 0
        async for event in events_of(response):
            read += event.name == "delta"
            if read == pieces:
                return


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ({"status": 500, "times": None}, 502, "upstream-failed"),
        ({"status": 429, "times": None, "headers": {"retry-after-ms": "60000"}}, 429, "rate-limited"),
        ({"status": 401, "times": None}, 502, "upstream-failed"),
    ],
)
async def test_trouble_at_the_vendor_becomes_a_problem(
    platform: Platform, fault: dict[str, Any], status: int, kind: str
) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        platform.emu("azure_openai").faults(match={"body": str(anna.canary)}, **fault)
        body = run(f"{SWEDISH} {anna.canary}", stream=False)
        problem(await anna.browser.post("/api/text/simplify", body), status, kind)


async def test_a_text_that_the_filter_stops_is_a_problem_that_says_so(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        body = run(f"{SWEDISH} [[filter]]", stream=False)
        problem(await anna.browser.post("/api/text/simplify", body), 422, "content-filtered")
        *_, last = await anna.uses(f"{SWEDISH} [[filter]]")
        assert last.name == "error"
        assert last.data["type"] == "/problems/content-filtered"


@pytest.mark.parametrize("fault", [{"reset_after": 4}, {"error_after": 4}])
async def test_a_stream_that_breaks_ends_with_an_error_and_never_in_silence(
    platform: Platform, fault: dict[str, int]
) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        platform.emu("azure_openai").faults(match={"body": str(anna.canary)}, **fault)
        *earlier, last = await anna.uses(f"{SWEDISH} {anna.canary}")
        assert last.name == "error"
        assert last.data["type"] == "/problems/upstream-failed"
        assert [event for event in earlier if event.name == "delta"]


async def test_the_vendor_is_told_the_task_and_the_text(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        await anna.uses(f"{SWEDISH} {anna.canary}")
        (request,) = requests_with(platform, anna.canary)
    roles = [message["role"] for message in body_of(request)["messages"]]
    assert roles[-1] == "user"
    assert "system" in roles
