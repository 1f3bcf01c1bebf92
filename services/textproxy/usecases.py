"""Run a tool on a text: quota, model, and a count of what became of it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from contracts.errors import ErrorKind, Refusal
from services.textproxy.domain import Progress, Prompt, Tool
from services.textproxy.ports import LanguageModel, Quota, Usage

CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Use:
    """Who uses which tool: a pseudonym of the day and a tier, no account."""

    tool_id: str
    quota_key: str | None
    tier: str | None


@dataclass(slots=True)
class Tally:
    """What became of a use, for the anonymous counters; a bug of ours unless told otherwise."""

    outcome: str = ErrorKind.INTERNAL.value
    tokens: int = 0

    def note(self, progress: Progress) -> None:
        """See how far it came."""
        self.tokens = progress.prompt_tokens + progress.completion_tokens
        if progress.finish_reason is not None:
            self.outcome = progress.finish_reason


class Generation:
    """The one use case of this service."""

    def __init__(self, tools: Mapping[str, Tool], model: LanguageModel, quota: Quota, usage: Usage) -> None:
        self._tools = tools
        self._model = model
        self._quota = quota
        self._usage = usage

    async def stream(self, use: Use, inputs: Mapping[str, str]) -> AsyncGenerator[Progress, None]:
        """The answer as it is written; the first, empty one says that the use is admitted and the model asked.

        Raises:
            Refusal: unknown tool, unfit inputs, no quota left, or the model's.
        """
        prompt = self._prompt(use, inputs)
        async with self._counted(use) as tally, aclosing(self._model.stream(prompt)) as answer:
            yield Progress()
            async for progress in answer:
                tally.note(progress)
                yield progress

    async def whole(self, use: Use, inputs: Mapping[str, str]) -> Progress:
        """The whole answer at once.

        Raises:
            Refusal: as `stream`.
        """
        prompt = self._prompt(use, inputs)
        async with self._counted(use) as tally:
            progress = await self._model.whole(prompt)
            tally.note(progress)
            return progress

    def _prompt(self, use: Use, inputs: Mapping[str, str]) -> Prompt:
        tool = self._tools.get(use.tool_id)
        if tool is None:
            raise Refusal(ErrorKind.NOT_FOUND, "tool")
        faults = tool.faults(inputs)
        if faults:
            errors = [{"field": f"inputs.{fault.field}", "code": fault.code, "detail": fault.code} for fault in faults]
            raise Refusal(ErrorKind.INVALID, "inputs", errors=errors)
        return tool.prompt(inputs)

    @asynccontextmanager
    async def _counted(self, use: Use) -> AsyncIterator[Tally]:
        await self._quota.spend(use.quota_key, use.tier, use.tool_id)
        tally = Tally()
        try:
            yield tally
        except Refusal as refusal:
            tally.outcome = refusal.kind.value
            raise
        except (asyncio.CancelledError, GeneratorExit):
            tally.outcome = CANCELLED
            raise
        finally:
            self._usage.count(use.tool_id, tally.outcome, tally.tokens)
