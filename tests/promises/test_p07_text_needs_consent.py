"""P07: Text is processed only with consent, or on the basis that a school's contract states."""

import asyncio
import time
from typing import Any

import pytest

from tests.support.people import Person, a_teacher, events_of, run
from tests.support.platform import Platform
from tests.support.problems import problem
from tests.support.texts import TOOLS, Marked
from tests.support.upstream import requests_with
from tests.support.waiting import until

pytestmark = pytest.mark.promise("P07")

AT_ONCE_SECONDS = 1.0


@pytest.mark.parametrize("tool", TOOLS)
async def test_without_consent_every_tool_names_the_purpose_and_the_vendor_sees_nothing(
    platform: Platform, tool: str
) -> None:
    async with a_teacher(platform, "voice_tools", "analytics") as anna:
        text = Marked(tool)
        told = problem(await anna.browser.post(f"/api/text/{tool}", run(text.text)), 403, "consent-required")
        assert told["purpose"] == "text_tools"
        assert requests_with(platform, text.canary) == []


async def withdraw_by_choice(anna: Person) -> None:
    await anna.consents(text_tools=False)


async def withdraw_all(anna: Person) -> None:
    assert (await anna.browser.delete("/api/consent")).status_code == 200


@pytest.mark.parametrize("withdraw", [withdraw_by_choice, withdraw_all])
async def test_a_withdrawal_ends_what_runs_and_refuses_what_comes(platform: Platform, withdraw: Any) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        text, next_text = Marked("simplify"), Marked("simplify")
        platform.emu("azure_openai").faults(match={"body": str(text.canary)}, pace_seconds=0.5)
        began = asyncio.Event()

        async def read() -> tuple[str, dict[str, Any], float]:
            async with text.sent_by(anna) as response:
                async for event in events_of(response):
                    began.set()
                    last = event
            return last.name, last.data, time.monotonic()

        reading = asyncio.create_task(read())
        await asyncio.wait_for(began.wait(), 10)
        withdrawn = time.monotonic()
        await withdraw(anna)
        answered = time.monotonic()
        refused = await anna.browser.post("/api/text/simplify", run(next_text.text))
        assert problem(refused, 403, "consent-required")["purpose"] == "text_tools"
        assert time.monotonic() - answered < AT_ONCE_SECONDS

        name, data, ended = await reading
        assert (name, data["type"], data["purpose"]) == ("error", "/problems/consent-required", "text_tools")
        assert ended - withdrawn < AT_ONCE_SECONDS
        await until(lambda: requests_with(platform, text.canary)[0]["closed_at"], AT_ONCE_SECONDS)
        assert requests_with(platform, next_text.canary) == []


async def test_the_consent_of_one_is_not_the_consent_of_another(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools"), a_teacher(platform) as berit:
        problem(await berit.browser.post("/api/text/simplify", run("Hej")), 403, "consent-required")


async def test_the_withdrawal_of_one_does_not_end_the_text_of_another(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as anna, a_teacher(platform, "text_tools") as berit:
        using = asyncio.create_task(Marked("simplify").used_by(berit))
        await asyncio.sleep(0.3)
        await anna.consents(text_tools=False)
        assert (await using)[-1].name == "done"


async def test_consent_binds_every_session_of_the_account(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        kept = dict(anna.browser.cookies)
        anna.browser.cookies.clear()
        await anna.logs_in()
        assert (await anna.uses("Solen skiner."))[-1].name == "done"
        await anna.consents(text_tools=False)
        anna.browser.cookies = kept
        problem(await anna.browser.post("/api/text/simplify", run("Hej")), 403, "consent-required")
