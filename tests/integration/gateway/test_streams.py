"""Streamed answers: who leaves, who withdraws, who is slow, and what fails half-way."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from contracts.auth import SESSIONS_REVOKED, SessionsRevoked
from contracts.consent import CHANGED, ConsentChanged, Purpose
from contracts.errors import ErrorKind, Refusal
from tests.integration.gateway.owners import (
    ACCOUNT,
    EVENTS,
    SESSION_ID,
    SIGNED_IN,
    SIMPLIFY,
    Chunks,
    Gateway,
    Owners,
    generate_bytes,
)

GENERATE_PATH = "/api/text/simplify"


async def withdraw(owners: Owners) -> None:
    owners.granted = set()
    changed = ConsentChanged(account_id=ACCOUNT, withdrawn=[Purpose.TEXT_TOOLS])
    await owners.buses["consent"].signal(CHANGED, changed)


async def until_running(owners: Owners) -> None:
    async with asyncio.timeout(3):
        while not owners.running:
            await asyncio.sleep(0.01)


async def read_all(gateway: Gateway) -> str:
    return (await gateway.http.post(GENERATE_PATH, json=SIMPLIFY, headers=SIGNED_IN)).text


async def test_a_stream_is_passed_on_whole(gateway: Gateway) -> None:
    answer = await gateway.http.post(GENERATE_PATH, json=SIMPLIFY, headers=SIGNED_IN)
    assert answer.status_code == 200
    assert answer.text.endswith('event: done\ndata: {"finish_reason":"stop"}\n\n')
    assert "ratelimit" in answer.headers


async def test_the_first_byte_comes_before_the_vendor_speaks(gateway: Gateway, owners: Owners) -> None:
    async def admitted_only() -> Chunks:
        yield EVENTS
        await asyncio.sleep(60)

    owners.generate = admitted_only
    async with (
        asyncio.timeout(1),
        gateway.http.stream("POST", GENERATE_PATH, json=SIMPLIFY, headers=SIGNED_IN) as answer,
    ):
        assert (await anext(answer.aiter_bytes())).startswith(b":")


@pytest.mark.parametrize("phase", ["silent", "endless"])
async def test_a_browser_that_leaves_ends_the_work(gateway: Gateway, owners: Owners, phase: str) -> None:
    owners.generate = getattr(owners, phase)
    _, writer = await gateway.raw(generate_bytes())
    await until_running(owners)
    writer.close()
    await owners.until_left()
    assert owners.running == 0


async def test_a_withdrawal_ends_a_running_stream_with_a_problem(gateway: Gateway, owners: Owners) -> None:
    owners.generate = owners.endless
    reading = asyncio.create_task(read_all(gateway))
    await until_running(owners)
    await asyncio.sleep(0.1)
    await withdraw(owners)
    async with asyncio.timeout(1):
        text = await reading
    assert "event: error" in text
    assert "/problems/consent-required" in text
    await owners.until_left()


async def test_a_withdrawal_before_the_first_byte_is_a_refusal(gateway: Gateway, owners: Owners) -> None:
    owners.generate = owners.silent
    asking = asyncio.create_task(gateway.http.post(GENERATE_PATH, json=SIMPLIFY, headers=SIGNED_IN))
    await until_running(owners)
    await asyncio.sleep(0.1)
    await withdraw(owners)
    async with asyncio.timeout(1):
        answer = await asking
    assert (answer.status_code, answer.json()["purpose"]) == (403, "text_tools")
    await owners.until_left()


async def test_a_withdrawal_while_consent_is_being_asked_counts(gateway: Gateway, owners: Owners) -> None:
    """The owner's older answer is overtaken by its word that the consent was withdrawn."""

    async def withdraw_meanwhile() -> None:
        owners.before_consent = None
        await withdraw(owners)
        await asyncio.sleep(0.1)

    owners.before_consent = withdraw_meanwhile
    answer = await gateway.http.post(GENERATE_PATH, json=SIMPLIFY, headers=SIGNED_IN)
    assert answer.status_code == 403


@pytest.mark.parametrize("session_ids", [[], [SESSION_ID]])
async def test_a_revoked_session_ends_its_streams(gateway: Gateway, owners: Owners, session_ids: list[str]) -> None:
    owners.generate = owners.endless
    reading = asyncio.create_task(read_all(gateway))
    await until_running(owners)
    await asyncio.sleep(0.1)
    revoked = SessionsRevoked(account_id=ACCOUNT, session_ids=session_ids)
    await owners.buses["auth"].signal(SESSIONS_REVOKED, revoked)
    async with asyncio.timeout(1):
        assert "/problems/unauthenticated" in await reading
    await owners.until_left()


async def test_another_session_of_the_account_streams_on(gateway: Gateway, owners: Owners) -> None:
    owners.generate = owners.endless
    reading = asyncio.create_task(read_all(gateway))
    await until_running(owners)
    revoked = SessionsRevoked(account_id=ACCOUNT, session_ids=["t" * 22])
    await owners.buses["auth"].signal(SESSIONS_REVOKED, revoked)
    await asyncio.sleep(0.3)
    assert owners.running == 1
    reading.cancel()
    await owners.until_left()


async def test_a_withdrawal_ends_the_work_of_a_browser_that_does_not_read(gateway: Gateway, owners: Owners) -> None:
    async def flood() -> Chunks:
        yield EVENTS
        while True:
            yield b"x" * 100_000

    owners.generate = flood
    _, writer = await gateway.raw(generate_bytes())
    await until_running(owners)
    await asyncio.sleep(0.3)
    await withdraw(owners)
    await owners.until_left()
    writer.close()


async def test_a_browser_that_does_not_read_is_left_after_a_while(
    gateway: Gateway, owners: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    produced = 0

    async def flood() -> Chunks:
        nonlocal produced
        yield EVENTS
        while True:
            produced += 100_000
            yield b"x" * 100_000

    monkeypatch.setattr("services.gateway.api.connections.UNREAD_SECONDS_MAX", 0.5)
    owners.generate = flood
    _, writer = await gateway.raw(generate_bytes())
    await until_running(owners)
    await owners.until_left(3)
    assert produced < 64 * 1024 * 1024
    writer.close()


async def test_a_download_that_fails_half_way_does_not_look_whole(gateway: Gateway, owners: Owners) -> None:
    async def half() -> Chunks:
        yield b"PK the first half"
        raise Refusal(ErrorKind.UPSTREAM_FAILED)

    owners.package = half
    with pytest.raises(httpx.RemoteProtocolError):
        await gateway.http.get(f"/api/privacy/requests/{'A' * 22}/package", headers=SIGNED_IN)


async def test_a_bug_while_answering_is_logged_and_answered(
    gateway: Gateway, owners: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise KeyError

    monkeypatch.setattr("services.gateway.api.streaming.start_message", fail)
    answer = await gateway.http.post(GENERATE_PATH, json=SIMPLIFY, headers=SIGNED_IN)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_lost_bus_ends_waiting_and_running_answers_at_once(gateway: Gateway, owners: Owners) -> None:
    owners.generate = owners.silent
    asking = asyncio.create_task(gateway.http.post(GENERATE_PATH, json=SIMPLIFY, headers=SIGNED_IN))
    await until_running(owners)
    await asyncio.sleep(0.1)
    began = time.monotonic()
    await owners.server.kill()
    answer = await asking
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    new = await gateway.http.get("/api/text/tools")
    assert (new.status_code, new.headers["retry-after"]) == (503, "1")
    assert time.monotonic() - began < 5


async def test_at_the_end_a_stream_is_told_and_the_work_is_left(gateway: Gateway, owners: Owners) -> None:
    owners.generate = owners.endless
    reading = asyncio.create_task(read_all(gateway))
    await until_running(owners)
    assert await gateway.stop() == 0
    assert "/problems/unavailable" in await reading
    await owners.until_left()


async def test_nothing_is_left_behind_by_a_hundred_streams(gateway: Gateway, owners: Owners) -> None:
    before = len(asyncio.all_tasks())
    for _ in range(4):
        await asyncio.gather(*(read_all(gateway) for _ in range(25)))
    await asyncio.sleep(0.1)
    # Idle connections of the client keep no task; what is left over is the gateway's own small change.
    assert len(asyncio.all_tasks()) - before < 10
