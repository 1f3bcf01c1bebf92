"""What Azure Speech is sent, and what becomes of each of its answers: the adapters against the emulator."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.errors import ErrorKind, Refusal
from services.speechtoken.adapters.tokens import AzureTokens, Patience
from services.speechtoken.adapters.voices import AzureVoices
from services.speechtoken.domain import TOKEN_LIFETIME
from tests.integration.emulators.running import Running, start
from tests.support.clock import START, FakeClock

KEY = "emulator-key"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start("azure_speech", tmp_path_factory.mktemp("azure_speech"))
    yield running
    running.stop()


@pytest.fixture
def azure(process: Running) -> Running:
    process.post("/__emu/reset")
    return process


async def tokens_at(azure: Running, key: str = KEY) -> AzureTokens:
    tokens = AzureTokens(f"{azure.url}/sts/v1.0/issueToken", key, FakeClock())
    await tokens.open()
    return tokens


@pytest.fixture
async def tokens(azure: Running) -> AsyncIterator[AzureTokens]:
    made = await tokens_at(azure)
    yield made
    await made.close()


async def refusal_of(tokens: AzureTokens) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await tokens.issue()
    return caught.value


def voices_at(azure: Running, key: str = KEY) -> AzureVoices:
    return AzureVoices("swedencentral", key, azure.url.replace("http:", "ws:"))


async def test_a_token_is_asked_for_by_an_empty_post_with_the_key(azure: Running, tokens: AzureTokens) -> None:
    await tokens.issue()
    (request,) = azure.requests()
    headers = {name.lower(): value for name, value in request["headers"]}
    assert (request["method"], request["path"], request["bytes"]) == ("POST", "/sts/v1.0/issueToken", 0)
    assert set(headers) == {
        "host", "accept", "accept-encoding", "content-length", "user-agent", "ocp-apim-subscription-key"
    }  # fmt: skip
    assert (headers["content-length"], headers["user-agent"]) == ("0", "larabot")


async def test_every_call_gets_a_token_of_its_own_that_lives_ten_minutes(tokens: AzureTokens) -> None:
    first, second = await tokens.issue(), await tokens.issue()
    assert first.value != second.value
    expected = datetime.fromtimestamp(time.time(), UTC) + timedelta(minutes=10)
    assert abs((second.expires_at - expected).total_seconds()) < 5


async def test_a_token_that_does_not_say_when_it_expires_is_given_ten_minutes(
    azure: Running, tokens: AzureTokens
) -> None:
    azure.fault(status=200, body="opaque-token-of-the-vendor")
    token = await tokens.issue()
    assert token.expires_at == START + TOKEN_LIFETIME


@pytest.mark.parametrize("body", ["", "<html>sign in</html>", "a" * 9000, "short"])
async def test_what_is_no_token_is_not_passed_on(azure: Running, tokens: AzureTokens, body: str) -> None:
    azure.fault(status=200, body=body)
    assert (await refusal_of(tokens)).reason == "garbled"


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_is_an_alarm_and_not_tried_again(
    azure: Running, tokens: AzureTokens, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    azure.fault(status=status, times=None)
    refusal = await refusal_of(tokens)
    assert (refusal.kind, refusal.reason) == (ErrorKind.UPSTREAM_FAILED, "credentials")
    assert len(azure.requests()) == 1
    assert [record.levelname for record in caplog.records if record.name.startswith("larabot")] == ["ERROR"]


async def test_a_busy_vendor_is_told_with_its_wish(azure: Running, tokens: AzureTokens) -> None:
    azure.fault(status=429, headers={"Retry-After": "12"}, times=None)
    refusal = await refusal_of(tokens)
    assert (refusal.kind, refusal.members) == (ErrorKind.RATE_LIMITED, {"retry_after_seconds": 12})


async def test_passing_trouble_is_tried_again(azure: Running, tokens: AzureTokens) -> None:
    azure.fault(status=503, times=2)
    assert (await tokens.issue()).value
    assert len(azure.requests()) == 3


async def test_lasting_trouble_is_an_upstream_failure(azure: Running, tokens: AzureTokens) -> None:
    azure.fault(status=500, times=None)
    assert (await refusal_of(tokens)).kind is ErrorKind.UPSTREAM_FAILED
    assert len(azure.requests()) == 3


async def test_a_silent_vendor_is_a_timeout_within_the_contracts_deadline(azure: Running, tokens: AzureTokens) -> None:
    azure.fault(delay=30, times=None)
    began = time.monotonic()
    assert (await refusal_of(tokens)).kind is ErrorKind.TIMEOUT
    assert time.monotonic() - began < 11


async def test_a_token_that_drips_is_not_waited_for() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            for _ in range(600):
                writer.write(b"a")
                await writer.drain()
                await asyncio.sleep(0.05)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        tokens = AzureTokens(url, KEY, FakeClock(), Patience(attempt_seconds=0.3, whole_seconds=1.0))
        await tokens.open()
        refusal = await refusal_of(tokens)
        await tokens.close()
    assert (refusal.kind, refusal.reason, refusal.members["deadline_seconds"]) == (
        ErrorKind.TIMEOUT, "vendor-silent", 1.0
    )  # fmt: skip


@pytest.mark.parametrize("retry_after", ["soon", "nan", "inf", "-5", "1e9", ""])
async def test_a_wish_beyond_reason_is_not_passed_on(azure: Running, tokens: AzureTokens, retry_after: str) -> None:
    azure.fault(status=429, headers={"Retry-After": retry_after})
    assert 1 <= (await refusal_of(tokens)).members["retry_after_seconds"] <= 3600


async def test_an_unreachable_vendor_is_an_upstream_failure(tmp_path: Path) -> None:
    running = start("azure_speech", tmp_path)
    running.stop()
    tokens = await tokens_at(running)
    refusal = await refusal_of(tokens)
    await tokens.close()
    assert (refusal.kind, refusal.reason) == (ErrorKind.UPSTREAM_FAILED, "unreachable")


async def test_neither_key_nor_token_is_in_any_log(
    azure: Running, tokens: AzureTokens, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = await tokens.issue()
    azure.fault(status=401)
    await refusal_of(tokens)
    assert KEY not in caplog.text
    assert token.value not in caplog.text
    assert token.value not in repr(token)


async def test_the_sdk_lists_the_voices(azure: Running) -> None:
    voices = await voices_at(azure).voices()
    assert {voice.locale for voice in voices} >= {"sv-SE", "nb-NO", "en-GB"}
    sofie = next(voice for voice in voices if voice.name == "sv-SE-SofieNeural")
    assert (sofie.gender, sofie.display_name) == ("female", "Sofie")


async def test_a_refused_listing_is_an_upstream_failure(azure: Running) -> None:
    with pytest.raises(Refusal) as caught:
        await voices_at(azure, key="wrong").voices()
    assert caught.value.kind is ErrorKind.UPSTREAM_FAILED
