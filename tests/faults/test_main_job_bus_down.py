"""The bus is down: waiting and new requests are refused at once with 503, and all recovers by itself."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.people import Person, a_teacher, run, somebody
from tests.support.platform import Platform
from tests.support.problems import problem
from tests.support.upstream import requests_with
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("faults")

AT_ONCE_SECONDS = 5.0
BACK_WITHIN_SECONDS = 15


@asynccontextmanager
async def no_bus(platform: Platform) -> AsyncIterator[None]:
    """Kill nats-server, and hold the launcher still meanwhile, so that it stays down."""
    launcher = platform.pids["launcher"]
    os.kill(launcher, signal.SIGSTOP)
    try:
        pid = platform.kill("nats-server")
        await asyncio.sleep(0.1)
        yield
    finally:
        os.kill(launcher, signal.SIGCONT)
    await platform.until_replaced("nats-server", pid)
    await platform.until_ready(within_seconds=BACK_WITHIN_SECONDS)


NEW = (
    ("GET", "/api/me", None),
    ("GET", "/api/consent", None),
    ("GET", "/api/text/tools", None),
    ("POST", "/api/auth/login", {"email": "a@b.example", "password": "spelar ingen roll"}),
    ("POST", "/api/text/simplify", run("Hej")),
    ("POST", "/api/speech/token", None),
    ("POST", "/api/newsletter/subscriptions", {"email": "a@b.example", "consent": True}),
    ("POST", "/api/privacy/requests", {"right": "erasure"}),
    ("GET", "/api/privacy/data", None),
)


async def refused_at_once(person: Person, method: str, path: str, body: object) -> str:
    """What is wrong with the answer; empty if nothing is."""
    began = time.monotonic()
    answer = await person.browser.request(method, path, json=body)
    seconds = time.monotonic() - began
    if answer.status_code != 503:
        return f"{method} {path}: {answer.status_code}"
    problem(answer, 503, "unavailable")
    if int(answer.headers.get("retry-after", "0")) < 1:
        return f"{method} {path}: no Retry-After"
    return "" if seconds < AT_ONCE_SECONDS else f"{method} {path}: after {seconds:.1f} s"


async def test_new_requests_are_refused_at_once(harmed: Platform) -> None:
    async with a_teacher(harmed, "text_tools", "voice_tools") as anna:
        async with no_bus(harmed):
            wrong = [await refused_at_once(anna, *request) for request in NEW]
        assert [fault for fault in wrong if fault] == []


async def test_pages_are_served_and_readiness_tells_what_is_missing(harmed: Platform) -> None:
    async with somebody(harmed) as visitor, no_bus(harmed):
        assert (await visitor.browser.get("/")).status_code == 200
        assert (await visitor.browser.get("/healthz")).status_code == 200
        ready = await visitor.browser.get("/readyz")
        assert ready.status_code == 503
        assert "gateway" in ready.json()["failing"]


async def test_waiting_requests_are_refused_at_once(harmed: Platform) -> None:
    async with a_teacher(harmed, "text_tools", "voice_tools") as anna:
        harmed.emu("azure_openai").faults(match={"body": str(anna.canary)}, delay=20)
        harmed.emu("azure_speech").faults(match={"path": "issueToken"}, delay=8)
        text = f"Solen skiner. {anna.canary}"
        waiting = [
            asyncio.create_task(anna.browser.post("/api/text/simplify", run(text, stream=False))),
            asyncio.create_task(anna.browser.post("/api/speech/token")),
        ]
        await until(lambda: requests_with(harmed, anna.canary), 10)
        await asyncio.sleep(0.2)
        async with no_bus(harmed):
            began = time.monotonic()
            answers = await asyncio.gather(*waiting)
            assert time.monotonic() - began < AT_ONCE_SECONDS
        for answer in answers:
            problem(answer, 503, "unavailable")
            assert int(answer.headers["retry-after"]) >= 1


async def test_a_running_text_ends_with_an_error_and_the_vendor_is_left(harmed: Platform) -> None:
    async with a_teacher(harmed, "text_tools") as anna:
        harmed.emu("azure_openai").faults(match={"body": str(anna.canary)}, pace_seconds=0.5)
        using = asyncio.create_task(anna.uses(f"Solen skiner. {anna.canary}"))
        await until(lambda: requests_with(harmed, anna.canary), 10)
        await asyncio.sleep(0.6)
        async with no_bus(harmed):
            async with asyncio.timeout(AT_ONCE_SECONDS):
                *_, last = await using
            assert (last.name, last.data["type"]) == ("error", "/problems/unavailable")
            await until(lambda: requests_with(harmed, anna.canary)[0]["closed_at"], AT_ONCE_SECONDS)


async def test_afterwards_everything_works_again_without_a_hand(harmed: Platform) -> None:
    async with a_teacher(harmed, "text_tools") as anna:
        async with no_bus(harmed):
            await asyncio.sleep(0.5)
        assert (await anna.me())["email"] == anna.email
        assert (await anna.uses("Solen skiner."))[-1].name == "done"


async def test_a_withdrawal_that_the_gateway_could_not_hear_counts_all_the_same(harmed: Platform) -> None:
    """What the gateway remembered before the bus was lost is forgotten with it."""
    async with a_teacher(harmed, "text_tools") as anna:
        assert (await anna.uses("Solen skiner."))[-1].name == "done"
        async with no_bus(harmed):
            pass
        await anna.consents(text_tools=False)
        problem(await anna.browser.post("/api/text/simplify", run("Hej")), 403, "consent-required")
