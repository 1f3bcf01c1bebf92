"""The service as its own process, on a real bus and database, before the emulated vendor."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from contracts.errors import ErrorKind
from contracts.speech import TOKEN, VOICES, SpeechToken, Voices
from tests.integration.emulators.running import Running, start
from tests.support.nats import NatsServer
from tests.support.quotas import use_up_the_day
from tests.support.running_service import BusClient, RunningService
from tests.support.voice import recognised, samples, sound_file

KEY = "emulator-key"

pytestmark = pytest.mark.asyncio(loop_scope="module")
shared = pytest_asyncio.fixture(scope="module", loop_scope="module")


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start("azure_speech", tmp_path_factory.mktemp("azure_speech"))
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def azure(process: Running) -> Running:
    process.post("/__emu/reset")
    return process


@shared
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[NatsServer]:
    async with NatsServer(tmp_path_factory.mktemp("nats")) as running:
        yield running


@shared
async def service(
    server: NatsServer, process: Running, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningService]:
    settings = {
        "azure_speech_region": "swedencentral",
        "azure_speech_key": KEY,
        "azure_speech_token_url": f"{process.url}/sts/v1.0/issueToken",
        "azure_speech_endpoint": process.url.replace("http:", "ws:"),
        "emulated": "true",
    }
    async with RunningService("speechtoken", server, tmp_path_factory.mktemp("speechtoken"), **settings) as running:
        yield running


@shared
async def gateway(server: NatsServer, service: RunningService) -> AsyncIterator[BusClient]:
    async with BusClient("gateway", server) as client:
        yield client


async def issued(gateway: BusClient, key: str = "k" * 32) -> SpeechToken:
    return await gateway.get(TOKEN, SpeechToken, quota_key=key, tier="free")


async def test_a_token_opens_the_vendor_for_the_page(gateway: BusClient, process: Running, tmp_path: Path) -> None:
    token = await issued(gateway)
    assert (token.region, token.endpoint) == ("swedencentral", process.url.replace("http:", "ws:"))
    sound = sound_file(tmp_path / "speech.wav", samples("hej"))
    assert await recognised(token.model_dump(), sound)


async def test_the_voices_are_those_of_our_languages_and_asked_for_once(gateway: BusClient, azure: Running) -> None:
    first = await gateway.get(VOICES, Voices)
    azure.fault(status=500, times=None)
    second = await gateway.get(VOICES, Voices)
    assert {voice.locale for voice in first.voices} == {"sv-SE", "nb-NO", "en-GB"}
    assert second == first
    assert len([one for one in azure.requests() if "voices" in one["path"]]) <= 1


async def test_the_days_quota_ends(service: RunningService, gateway: BusClient) -> None:
    use_up_the_day(service.database, service.clock.now(), "q" * 32, "voice", but=1)
    await issued(gateway, key="q" * 32)
    refusal = await gateway.refused(TOKEN, quota_key="q" * 32, tier="free")
    assert refusal.kind is ErrorKind.RATE_LIMITED
    assert refusal.members["retry_after_seconds"] > 0
    await service.restart()
    again = await gateway.refused(TOKEN, quota_key="q" * 32, tier="free")
    assert again.kind is ErrorKind.RATE_LIMITED


async def test_nobody_without_a_quota_key_is_served(gateway: BusClient) -> None:
    assert (await gateway.refused(TOKEN)).kind is ErrorKind.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, ErrorKind.UPSTREAM_FAILED), (429, ErrorKind.RATE_LIMITED), (503, ErrorKind.UPSTREAM_FAILED)],
)
async def test_trouble_at_the_vendor_is_a_refusal(
    gateway: BusClient, azure: Running, status: int, kind: ErrorKind
) -> None:
    azure.fault(status=status, times=None)
    assert (await gateway.refused(TOKEN, quota_key="k" * 32, tier="free")).kind is kind


async def test_key_and_token_are_in_no_answer_no_file_and_no_log(
    gateway: BusClient, service: RunningService, azure: Running
) -> None:
    answer = await gateway.ask(TOKEN, quota_key="k" * 32, tier="free")
    voices = await gateway.ask(VOICES)
    azure.fault(status=401)
    refusal = await gateway.refused(TOKEN, quota_key="k" * 32, tier="free")
    token = SpeechToken.model_validate_json(answer.body).token
    everything = answer.body + voices.body + repr(refusal.members).encode() + service.stored_bytes()
    assert KEY.encode() not in everything
    assert token.encode() not in service.stored_bytes()
