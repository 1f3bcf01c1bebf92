"""P06: Message text is processed but not kept after use."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.people import Event, Person, a_teacher, run
from tests.support.platform import Platform
from tests.support.problems import problem
from tests.support.spans import SpanSink
from tests.support.stores import Stores
from tests.support.texts import Marked, all_at_once, one_for_each_tool

pytestmark = pytest.mark.promise("P06")

ENDPOINT = b"process rpc.textproxy.v1.generate"


@pytest.fixture
async def anna(platform: Platform) -> AsyncIterator[Person]:
    async with a_teacher(platform, "text_tools") as person:
        yield person


async def nothing_is_left(stores: Stores, platform: Platform, texts: list[Marked]) -> None:
    """The vendor saw each text, so each was really processed; and no place holds any piece of one."""
    for text in texts:
        await text.seen_by_the_vendor(platform)
    assert stores.holding([text.canary for text in texts], with_mail=True) == {}


def ends(answers: list[list[Event]]) -> set[str]:
    """How they ended: a reason to finish, or the kind of a refusal."""
    last = [answer[-1].data for answer in answers if answer]
    return {str(data.get("finish_reason") or data["type"].removeprefix("/problems/")) for data in last}


async def test_texts_that_are_done(platform: Platform, stores: Stores, anna: Person) -> None:
    texts = one_for_each_tool()
    answers = await all_at_once(texts, lambda text: text.used_by(anna))
    assert ends(answers) == {"stop"}
    await nothing_is_left(stores, platform, texts)


async def test_texts_answered_as_one_document(platform: Platform, stores: Stores, anna: Person) -> None:
    texts = one_for_each_tool()

    async def whole(text: Marked) -> int:
        answer = await anna.browser.post(f"/api/text/{text.tool}", run(text.text, stream=False))
        return answer.status_code

    assert set(await all_at_once(texts, whole)) == {200}
    await nothing_is_left(stores, platform, texts)


async def test_texts_whose_reader_leaves(platform: Platform, stores: Stores, anna: Person) -> None:
    texts = one_for_each_tool()
    await all_at_once(texts, lambda text: text.left_by(anna, pieces=3))
    await nothing_is_left(stores, platform, texts)


@pytest.mark.parametrize(("mark", "end"), [("[[filter]]", "content-filtered"), ("[[filter-late]]", "content_filter")])
async def test_texts_that_the_filter_refuses(
    platform: Platform, stores: Stores, anna: Person, mark: str, end: str
) -> None:
    texts = one_for_each_tool(mark)
    answers = await all_at_once(texts, lambda text: text.used_by(anna))
    assert ends(answers) <= {end}
    await nothing_is_left(stores, platform, texts)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "times": None},
        {"status": 400, "body": {"error": {"code": "bad", "message": "no"}}},
        {"error_after": 3},
        {"reset_after": 3},
    ],
    ids=["no answer", "a refusal", "an error in the middle", "a broken connection"],
)
async def test_texts_that_the_vendor_fails(
    platform: Platform, stores: Stores, anna: Person, fault: dict[str, Any]
) -> None:
    texts = one_for_each_tool()
    for text in texts:
        platform.emu("azure_openai").faults(match={"body": str(text.canary)}, **fault)
    answers = await all_at_once(texts, lambda text: text.used_by(anna))
    assert ends(answers) <= {"upstream-failed"}
    await nothing_is_left(stores, platform, texts)


async def test_texts_that_we_refuse_ourselves(platform: Platform, stores: Stores, anna: Person) -> None:
    text = Marked("simplify")
    unknown = {"inputs": {"text": text.text, str(text.canary): "x"}, str(text.canary): text.text}
    problem(await anna.browser.post("/api/text/simplify", unknown), 422, "invalid")
    problem(await anna.browser.post("/api/text/no-such-tool", run(text.text)), 404, "not-found")
    broken = f'{{"inputs": {{"text": "{text.canary}'.encode()
    headers = {"Content-Type": "application/json"}
    problem(await anna.browser.request("POST", "/api/text/simplify", content=broken, headers=headers), 400, "malformed")
    await anna.consents(text_tools=False)
    problem(await anna.browser.post("/api/text/simplify", run(text.text)), 403, "consent-required")
    assert stores.holding([text.canary], with_mail=True) == {}


@pytest.mark.parametrize("killed", ["textproxy", "gateway", "nats-server"])
async def test_texts_in_the_middle_of_a_crash(platform: Platform, stores: Stores, anna: Person, killed: str) -> None:
    texts = one_for_each_tool()
    using = [asyncio.create_task(text.used_by(anna)) for text in texts]
    for text in texts:
        await text.seen_by_the_vendor(platform)
    await asyncio.sleep(0.3)
    pid = platform.kill(killed)
    await asyncio.gather(*using, return_exceptions=True)
    await platform.until_replaced(killed, pid)
    await platform.until_ready()
    await nothing_is_left(stores, platform, texts)
    assert list(platform.data.rglob("core*")) == []


async def test_traces_tell_that_a_text_was_processed_and_not_which(
    platform: Platform, stores: Stores, spans: SpanSink, anna: Person
) -> None:
    earlier = len(spans.exports())
    texts = [Marked("simplify"), Marked("explain", mark="[[filter]]")]
    await all_at_once(texts, lambda text: text.used_by(anna))
    await spans.until_exported(ENDPOINT, after=earlier)
    await nothing_is_left(stores, platform, texts)
