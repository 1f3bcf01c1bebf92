"""Azure OpenAI emulated, and the adapter that speaks to it, for the suites that do."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from services.textproxy.adapters.azure import AzureLanguageModel
from services.textproxy.adapters.patience import Patience
from services.textproxy.adapters.sdk import Deployment
from services.textproxy.domain import Prompt
from tests.integration.emulators.running import Running, start

TEXT = "Åsa åt äpplen på ön 🍏 eftersom växterna tillhandahåller mat åt åtskilliga individer i hela landet."
PROMPT = Prompt("Task: simplify\nRewrite the text.", TEXT, 0.3, 1000)
QUICK = Patience(connect_seconds=1, first_token_seconds=1.5, idle_seconds=0.5, whole_seconds=1.5, retries_seconds=1.0)


async def first_answer(azure: Running) -> None:
    """The emulator's first answer says that it is one; the tests begin after it."""
    model = await model_at(azure, patience=Patience())
    await model.whole(PROMPT)
    await model.close()


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start("azure_openai", tmp_path_factory.mktemp("azure_openai"))
    asyncio.run(first_answer(running))
    yield running
    running.stop()


@pytest.fixture
def azure(process: Running) -> Running:
    process.post("/__emu/reset")
    process.fault(times=None, pace_seconds=0)
    return process


async def model_at(
    azure: Running, *, key: str = "emulator-key", name: str = "school", patience: Patience = QUICK
) -> AzureLanguageModel:
    model = AzureLanguageModel(Deployment(azure.url, name, "2024-10-21", key), patience)
    await model.open()
    return model


async def closed(azure: Running, within_seconds: float = 1.0) -> bool:
    """Whether the connection of the last request was closed before its answer ended."""
    give_up = time.monotonic() + within_seconds
    while time.monotonic() < give_up:
        if azure.requests()[-1]["closed_at"]:
            return True
        await asyncio.sleep(0.01)
    return False
