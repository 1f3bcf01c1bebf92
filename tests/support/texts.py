"""Texts that betray themselves: whichever piece of one is left somewhere, a marker is in it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.canary import Canary
from tests.support.people import Event, Person, events_of, run
from tests.support.platform import Platform
from tests.support.upstream import requests_with
from tests.support.waiting import until

TOOLS = ("simplify", "summarise", "translate", "proofread", "explain", "quiz")
# One long word: the emulator then answers in 25 pieces, each longer than three markers.
REPEATED = 100


@dataclass
class Marked:
    """A text of markers, which goes through one tool."""

    tool: str
    canary: Canary = field(default_factory=Canary)
    mark: str = ""

    @property
    def text(self) -> str:
        return f"{self.mark} Ordet {'-'.join([str(self.canary)] * REPEATED)} står här."

    async def used_by(self, person: Person) -> list[Event]:
        """Through the tool to whatever end; the events, or none where the answer is a refusal."""
        async with self.sent_by(person) as response:
            if response.status_code != 200:
                await response.aread()
                return []
            return [event async for event in events_of(response)]

    async def left_by(self, person: Person, pieces: int) -> None:
        """Through the tool until so many pieces have come; then the reader leaves."""
        async with self.sent_by(person) as response:
            seen = 0
            async for event in events_of(response):
                seen += event.name == "delta"
                if seen == pieces:
                    return

    @contextlib.asynccontextmanager
    async def sent_by(self, person: Person) -> AsyncIterator[httpx.Response]:
        async with person.browser.stream("POST", f"/api/text/{self.tool}", json=run(self.text)) as response:
            yield response

    async def seen_by_the_vendor(self, platform: Platform) -> list[dict[str, Any]]:
        """The requests that carried it, once there is one."""
        return await until(lambda: requests_with(platform, self.canary), within_seconds=10)


def one_for_each_tool(mark: str = "") -> list[Marked]:
    return [Marked(tool, mark=mark) for tool in TOOLS]


async def all_at_once(texts: list[Marked], use: Callable[[Marked], Awaitable[Any]]) -> list[Any]:
    return list(await asyncio.gather(*(use(text) for text in texts)))
