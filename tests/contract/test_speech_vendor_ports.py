"""One behaviour suite for the ports `TokenVendor` and `VoiceVendor`: the fake, and Azure's adapters at the emulator."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import pytest

from chassis.clock import Clock
from contracts.errors import ErrorKind, Refusal
from services.speechtoken.adapters.tokens import AzureTokens
from services.speechtoken.adapters.voices import AzureVoices
from services.speechtoken.ports import TokenVendor, VoiceVendor
from tests.integration.emulators.running import Running, start
from tests.unit.speechtoken.fakes import SOFIE, FakeVendor

KEY = "emulator-key"


@dataclass
class Behind:
    """Whatever stands behind the ports, and how it comes to trouble."""

    tokens: TokenVendor
    voices: VoiceVendor
    fail: Callable[[], None]
    be_busy: Callable[[], None]


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start("azure_speech", tmp_path_factory.mktemp("azure_speech"))
    yield running
    running.stop()


def behind_fake() -> Behind:
    vendor = FakeVendor()

    def fail() -> None:
        vendor.failing = True

    def be_busy() -> None:
        vendor.busy = True

    return Behind(vendor, vendor, fail, be_busy)


@pytest.fixture(params=["fake", "emulator"])
async def behind(request: pytest.FixtureRequest, process: Running) -> AsyncIterator[Behind]:
    if request.param == "fake":
        yield behind_fake()
        return
    process.post("/__emu/reset")
    tokens = AzureTokens(f"{process.url}/sts/v1.0/issueToken", KEY, Clock())
    await tokens.open()
    voices = AzureVoices("swedencentral", KEY, process.url.replace("http:", "ws:"))
    yield Behind(
        tokens, voices, lambda: process.fault(status=500, times=None), lambda: process.fault(status=429, times=None)
    )
    await tokens.close()


async def test_each_token_is_another(behind: Behind) -> None:
    first, second = await behind.tokens.issue(), await behind.tokens.issue()
    assert first.value != second.value
    assert first.expires_at.tzinfo is not None
    assert first.value not in repr(first)


async def test_a_failing_vendor_issues_no_token(behind: Behind) -> None:
    behind.fail()
    with pytest.raises(Refusal) as caught:
        await behind.tokens.issue()
    assert caught.value.kind is ErrorKind.UPSTREAM_FAILED


async def test_a_busy_vendor_says_when_to_come_again(behind: Behind) -> None:
    behind.be_busy()
    with pytest.raises(Refusal) as caught:
        await behind.tokens.issue()
    assert (caught.value.kind, caught.value.members) == (ErrorKind.RATE_LIMITED, {"retry_after_seconds": 1})


async def test_voices_are_listed_as_we_describe_them(behind: Behind) -> None:
    assert SOFIE in await behind.voices.voices()


async def test_a_failing_vendor_lists_no_voices(behind: Behind) -> None:
    behind.fail()
    with pytest.raises(Refusal) as caught:
        await behind.voices.voices()
    assert (caught.value.kind, caught.value.reason) == (ErrorKind.UPSTREAM_FAILED, "voices")
