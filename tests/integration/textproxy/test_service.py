"""The service as its own process, on a real bus and database, before the emulated vendor."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any

import pytest
import pytest_asyncio

from chassis.bus import Bus, IncomingStream
from chassis.clock import Clock
from contracts.envelope import Caller, Envelope
from contracts.errors import ErrorKind, Refusal
from contracts.table import Account
from contracts.text import GENERATE, TOOLS, USAGE_COUNTED, Tools, UsageCounted
from tests.integration.emulators.running import Running, start
from tests.support.nats import NatsServer
from tests.support.quotas import use_up_the_day
from tests.support.running_service import BusClient, RunningService

CANARY = "Kanariefågel-7391"
TEXT = f"{CANARY} bor på ön eftersom växterna tillhandahåller mat åt åtskilliga individer."
DAY_SECONDS = 86400.0

pytestmark = pytest.mark.asyncio(loop_scope="module")
shared = pytest_asyncio.fixture(scope="module", loop_scope="module")


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start("azure_openai", tmp_path_factory.mktemp("azure_openai"))
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def azure(process: Running) -> Running:
    process.post("/__emu/reset")
    process.fault(times=None, pace_seconds=0.01)
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
        "nats_content_seed": server.seed("textproxy", "CONTENT"),
        "azure_openai_endpoint": process.url,
        "azure_openai_deployment": "school",
        "azure_openai_api_key": "emulator-key",
        "azure_openai_region": "swedencentral",
        "azure_openai_deployment_type": "DataZoneStandard",
        "emulated": "true",
    }
    async with RunningService("textproxy", server, tmp_path_factory.mktemp("textproxy"), **settings) as running:
        yield running


@shared
async def gateway(server: NatsServer, service: RunningService) -> AsyncIterator[BusClient]:
    async with BusClient("gateway", server) as client:
        yield client


@shared
async def content(server: NatsServer, service: RunningService) -> AsyncIterator[Bus]:
    bus = Bus("gateway", Clock(), Account.CONTENT)
    await bus.open(server.servers, server.seed("gateway", "CONTENT"))
    yield bus
    await bus.close()


async def asked(
    bus: Bus, tool: str = "simplify", *, key: str = "k" * 32, stream: bool = True, **inputs: Any
) -> IncomingStream:
    caller = Caller(service="gateway", quota_key=key, tier="free")
    body = json.dumps({"inputs": {"text": TEXT, **inputs}, "stream": stream}).encode()
    return await bus.stream(GENERATE, Envelope(caller=caller, parameters={"tool": tool}), body)


async def collect(incoming: IncomingStream, seen: list[bytes]) -> None:
    async for part in incoming:
        seen.append(part)  # noqa: PERF401  # what came before an error counts


async def bytes_of(incoming: IncomingStream) -> bytes:
    return b"".join([part async for part in incoming])


async def begun(asking: Awaitable[IncomingStream]) -> IncomingStream:
    incoming = await asking
    await incoming.begun()
    return incoming


async def refused(asking: Awaitable[IncomingStream]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await bytes_of(await asking)
    return caught.value


def events_of(data: bytes) -> list[tuple[str, Any]]:
    found = re.findall(r"event: (\w+)\ndata: (.*)\n\n", data.decode())
    return [(name, json.loads(value)) for name, value in found]


async def closed_within(azure: Running, seconds: float) -> bool:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if azure.requests()[-1]["closed_at"]:
            return True
        await asyncio.sleep(0.01)
    return False


@pytest.mark.parametrize(("language", "title"), [("sv", "Förenkla"), ("nb", "Forenkle"), ("en", "Simplify")])
async def test_the_catalogue_speaks_the_callers_language(gateway: BusClient, language: str, title: str) -> None:
    catalogue = await gateway.get(TOOLS, Tools, language=language)
    assert [tool.id for tool in catalogue.tools] == [
        "simplify", "summarise", "translate", "proofread", "explain", "quiz"
    ]  # fmt: skip
    assert catalogue.tools[0].title == title
    assert (catalogue.tools[0].inputs[0].name, catalogue.tools[0].inputs[0].required) == ("text", True)
    assert not any(one.required for tool in catalogue.tools for one in tool.inputs[1:])


async def test_a_stream_is_delta_events_then_usage_then_done(azure: Running, content: Bus) -> None:
    azure.fault(pace_seconds=0.05)
    incoming = await asked(content)
    assert await incoming.begun() == "text/event-stream"
    events = events_of(await bytes_of(incoming))
    names = [name for name, _ in events]
    assert names[-2:] == ["usage", "done"]
    assert set(names[:-2]) == {"delta"}
    assert len(names) > 10
    assert "ger mat åt många personer" in "".join(data["text"] for name, data in events if name == "delta")
    assert events[-1][1] == {"finish_reason": "stop"}
    assert events[-2][1]["total_tokens"] > 0


async def test_without_stream_the_answer_is_one_document(content: Bus) -> None:
    incoming = await asked(content, stream=False)
    assert await incoming.begun() == "application/json"
    answer = json.loads(await bytes_of(incoming))
    assert set(answer) == {"text", "finish_reason", "usage"}
    assert "ger mat åt många personer" in answer["text"]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("tool", "inputs", "kind"),
    [
        ("unknown-tool", {}, ErrorKind.NOT_FOUND),
        ("simplify", {"colour": "red"}, ErrorKind.INVALID),
        ("translate", {"target_language": "klingon"}, ErrorKind.INVALID),
        ("simplify", {"text": " \n"}, ErrorKind.INVALID),
        ("simplify", {"text": "å" * 33_000}, ErrorKind.INVALID),
    ],
)
async def test_what_cannot_run_is_refused_before_the_first_byte(
    content: Bus, tool: str, inputs: dict[str, str], kind: ErrorKind, stream: bool
) -> None:
    with pytest.raises(Refusal) as caught:
        await begun(asked(content, tool, stream=stream, **inputs))
    assert caught.value.kind is kind
    assert "klingon" not in json.dumps(caught.value.members)


async def test_a_stream_begins_before_the_vendor_has_said_anything(azure: Running, content: Bus) -> None:
    azure.fault(delay=30)
    async with asyncio.timeout(1):
        incoming = await begun(asked(content))
    await incoming.cancel()


async def test_a_filtered_text_ends_a_stream_and_refuses_a_document(content: Bus) -> None:
    assert (await refused(begun(asked(content, text="x [[filter]]")))).kind is ErrorKind.CONTENT_FILTERED
    assert (await refused(asked(content, stream=False, text="x [[filter]]"))).kind is ErrorKind.CONTENT_FILTERED


async def test_trouble_at_the_vendor_is_told(azure: Running, content: Bus) -> None:
    azure.fault(status=401)
    assert (await refused(asked(content))).kind is ErrorKind.UPSTREAM_FAILED


async def test_trouble_in_mid_stream_ends_it_as_an_error(azure: Running, content: Bus) -> None:
    azure.fault(reset_after=5, pace_seconds=0.01)
    incoming = await asked(content)
    seen: list[bytes] = []
    with pytest.raises(Refusal) as caught:
        await collect(incoming, seen)
    assert caught.value.kind is ErrorKind.UPSTREAM_FAILED
    assert {name for name, _ in events_of(b"".join(seen))} == {"delta"}


async def test_a_long_text_fits_the_bus(content: Bus) -> None:
    answer = json.loads(await bytes_of(await asked(content, "proofread", stream=False, text="Ö" * 32_768)))
    assert answer["text"].count("Ö") == 32_768


@pytest.mark.parametrize("order", [{"delay": 30}, {"stall_after": 0}, {"stall_after": 3}])
@pytest.mark.parametrize("stream", [True, False])
async def test_leaving_ends_the_work_at_the_vendor_in_every_phase(
    azure: Running, content: Bus, order: dict[str, float], stream: bool
) -> None:
    azure.fault(**order) if stream else azure.fault(pace_seconds=30)
    incoming = await asked(content, stream=stream)
    await asyncio.sleep(0.3)
    assert azure.requests()[-1]["closed_at"] is None
    await incoming.cancel()
    assert await closed_within(azure, 0.5)


async def test_a_use_is_counted_without_anybody(server: NatsServer, content: Bus) -> None:
    heard: asyncio.Queue[UsageCounted] = asyncio.Queue(maxsize=100)
    expected = {("simplify", "stop"): 3, ("simplify", "content-filtered"): 1}
    seen: Counter[tuple[str, str]] = Counter()
    tokens = 0
    async with BusClient("analytics", server) as analytics:
        await analytics.bus.listen(USAGE_COUNTED, heard.put)
        await analytics.bus.serving()
        for _ in range(3):
            await bytes_of(await asked(content))
        await refused(asked(content, text="x [[filter]]"))
        while not seen >= Counter(expected):
            one = await asyncio.wait_for(heard.get(), 5)
            seen[one.tool, one.outcome] += one.uses
            tokens += one.tokens
    assert tokens > 0


async def test_the_days_quota_ends_and_the_next_day_begins_anew(service: RunningService, content: Bus) -> None:
    await service.restart(clock_offset_seconds=-DAY_SECONDS)
    key = "q" * 32
    use_up_the_day(service.database, service.clock.now(), key, "text", but=20)
    refusals = [refused(asked(content, stream=False, text="[[filter]]", key=key)) for _ in range(30)]
    kinds = Counter([refusal.kind for refusal in await asyncio.gather(*refusals)])
    assert kinds == {ErrorKind.CONTENT_FILTERED: 20, ErrorKind.RATE_LIMITED: 10}
    refusal = await refused(asked(content, text="[[filter]]", key=key))
    assert 0 < refusal.members["retry_after_seconds"] <= DAY_SECONDS
    other = await refused(asked(content, text="[[filter]]", key="o" * 32))
    assert other.kind is ErrorKind.CONTENT_FILTERED
    await service.restart()
    assert (await refused(asked(content, text="[[filter]]", key=key))).kind is ErrorKind.RATE_LIMITED
    await service.restart(clock_offset_seconds=0)
    assert (await refused(asked(content, text="[[filter]]", key=key))).kind is ErrorKind.CONTENT_FILTERED


async def test_nobody_without_a_quota_key_is_served(content: Bus) -> None:
    body = json.dumps({"tool": "simplify", "inputs": {"text": TEXT}}).encode()
    asking = content.stream(GENERATE, Envelope(caller=Caller(service="gateway")), body)
    assert (await refused(asking)).kind is ErrorKind.UNAUTHENTICATED


async def test_the_text_is_in_no_file_and_no_log_after_any_outcome(
    azure: Running, service: RunningService, server: NatsServer, content: Bus
) -> None:
    await bytes_of(await asked(content))
    await bytes_of(await asked(content, stream=False))
    await refused(asked(content, text=f"{TEXT} [[filter]]"))
    azure.fault(reset_after=2)
    with pytest.raises(Refusal):
        await bytes_of(await asked(content))
    azure.fault(status=500, times=3)
    await refused(asked(content))
    azure.fault(stall_after=4)
    incoming = await asked(content)
    await incoming.begun()
    await service.kill()
    await incoming.cancel()
    await service.restart()
    written = [path for path in server.directory.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert written == []
    assert CANARY.encode() not in service.stored_bytes()
    assert b"emulator-key" not in service.stored_bytes()


async def test_the_log_says_where_text_is_processed(service: RunningService) -> None:
    assert b'"vendor":"azure-openai"' in service.log.read_bytes()
    assert b'"region":"swedencentral"' in service.log.read_bytes()
