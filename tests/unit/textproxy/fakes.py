"""Stand-ins for what a tool's run needs, and the arrangement that the tests share.

The model passes the suite of tests/contract/test_language_model_port.py, as Azure's does.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from contracts.errors import Refusal
from services.textproxy.adapters.tools import read_tools
from services.textproxy.domain import Progress, Prompt
from services.textproxy.settings import POLICIES
from services.textproxy.usecases import Generation, Use
from tests.support.fake_quota import FakeQuota

USE = Use("simplify", "k" * 32, "free")
INPUTS = {"text": "Hej."}


class FakeModel:
    """Writes what it is given; a refusal among it is raised, a pause waited for."""

    def __init__(self, *script: Progress | Refusal | float) -> None:
        self.script = script
        self.prompts: list[Prompt] = []
        self.left = False

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Progress, None]:
        self.prompts.append(prompt)
        try:
            for step in self.script:
                if isinstance(step, Refusal):
                    raise step
                if isinstance(step, float):
                    await asyncio.sleep(step)
                else:
                    yield step
        finally:
            self.left = True

    async def whole(self, prompt: Prompt) -> Progress:
        async with aclosing(self.stream(prompt)) as answer:
            seen = [progress async for progress in answer]
        return replace(seen[-1], text="".join(progress.text for progress in seen))


class FakeUsage:
    def __init__(self) -> None:
        self.counted: list[tuple[str, str, int]] = []

    def count(self, tool: str, outcome: str, tokens: int) -> None:
        self.counted.append((tool, outcome, tokens))


class Arrangement:
    def __init__(self, *script: Progress | Refusal | float, left: int = 1) -> None:
        self.model, self.quota, self.usage = FakeModel(*script), FakeQuota(left), FakeUsage()
        self.generation = Generation(read_tools(POLICIES / "tools"), self.model, self.quota, self.usage)

    async def streamed(self, use: Use = USE, inputs: dict[str, str] | None = None) -> list[Progress]:
        return [progress async for progress in self.generation.stream(use, inputs or INPUTS)]
