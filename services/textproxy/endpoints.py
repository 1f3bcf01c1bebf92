"""The catalogue, and a tool's answer as server-sent events or as one JSON document."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

import orjson

from chassis.bus import MediaType
from chassis.tasks import end_all
from contracts.envelope import Caller
from contracts.messages import Empty
from contracts.text import Generate, Generated, Tools
from contracts.text import Tool as ListedTool
from contracts.text import ToolInput as ListedInput
from services.textproxy.domain import TEXT, Progress, Tool
from services.textproxy.usecases import Generation, Use

EVENTS, JSON = MediaType("text/event-stream"), MediaType("application/json")
SPACE = b" "
SPACE_EVERY_SECONDS = 10.0

Parts = AsyncGenerator[bytes | MediaType, None]


class TextEndpoints:
    """Bytes out; the gateway passes them on untouched."""

    def __init__(self, tools: Iterable[Tool], generation: Generation) -> None:
        self._tools = tuple(tools)
        self._generation = generation

    async def tools(self, request: Empty, caller: Caller) -> Tools:  # noqa: ARG002 — a handler's shape
        """The catalogue in the caller's language."""
        return Tools(tools=[listed(tool, caller.language.value) for tool in self._tools])

    def generate(self, request: Generate, caller: Caller) -> Parts:
        """Run a tool: yields the media type, then the bytes.

        Raises:
            Refusal: while iterated, as `Generation`.
        """
        use = Use(request.tool, caller.quota_key, caller.tier)
        return self._events(use, request.inputs) if request.stream else self._document(use, request.inputs)

    async def _events(self, use: Use, inputs: dict[str, str]) -> Parts:
        async with aclosing(self._generation.stream(use, inputs)) as answer:
            await anext(answer)
            yield EVENTS
            async for progress in answer:
                yield events_of(progress)

    async def _document(self, use: Use, inputs: dict[str, str]) -> Parts:
        """One JSON document. Spaces before it are part of JSON and tell the reader that we are still at work."""
        answer = asyncio.create_task(self._generation.whole(use, inputs))
        try:
            if await _ended(answer):
                answer.result()  # a refusal still comes before the first byte
            yield JSON
            while not await _ended(answer):
                yield SPACE
            yield document_of(answer.result())
        finally:
            await end_all({answer})


async def _ended(answer: asyncio.Future[Progress]) -> bool:
    done, _ = await asyncio.wait({answer}, timeout=SPACE_EVERY_SECONDS)
    return bool(done)


def listed(tool: Tool, language: str) -> ListedTool:
    """A tool as the catalogue shows it."""
    choices = [
        ListedInput(
            name=one.name,
            required=False,
            title=one.titles[language],
            choices=list(one.choices),
            choice_titles={name: choice.titles[language] for name, choice in one.choices.items()},
        )
        for one in tool.inputs
    ]
    text = ListedInput(name=TEXT, required=True, title=tool.text_titles[language])
    return ListedTool(
        id=tool.id,
        title=tool.titles[language],
        description=tool.descriptions[language],
        inputs=[text, *choices],
    )


def events_of(progress: Progress) -> bytes:
    """Progress as server-sent events."""
    events = event("delta", {"text": progress.text}) if progress.text else b""
    if progress.finish_reason is None:
        return events
    usage = event("usage", tokens_of(progress))
    return events + usage + event("done", {"finish_reason": progress.finish_reason})


def event(name: str, data: object) -> bytes:
    """One server-sent event."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(data))


def tokens_of(progress: Progress) -> dict[str, int]:
    """What the vendor counted."""
    return {
        "prompt_tokens": progress.prompt_tokens,
        "completion_tokens": progress.completion_tokens,
        "total_tokens": progress.prompt_tokens + progress.completion_tokens,
    }


def document_of(progress: Progress) -> bytes:
    """The whole answer as JSON."""
    whole = Generated(text=progress.text, finish_reason=progress.finish_reason or "", usage=tokens_of(progress))
    return orjson.dumps(whole.model_dump())
