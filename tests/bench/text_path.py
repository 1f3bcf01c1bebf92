"""Prints what the way through gateway, bus and textproxy adds to the vendor's own answer.

    .venv/bin/python -m tests.bench.text_path

The limit is the same emulator asked directly with the same SDK, in the same run and by turns, so that whatever else
the machine is doing slows both. The emulator sends its pieces without a pause: all of the difference is ours.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from openai import AsyncAzureOpenAI

from tests.support.people import Person, a_teacher, events_of, run
from tests.support.platform import Platform

TEXT = "Fotosyntesen är en komplicerad process som omvandlar solljus till kemisk energi. " * 10
AT_ONCE = (1, 4, 16)
ROUNDS = 8
DEPLOYMENT = "school"

Way = Callable[[int], Awaitable[tuple[float, float]]]
"""Asks as the nth of several; seconds to the first piece, and to the end."""


def main() -> None:
    with tempfile.TemporaryDirectory() as directory, Platform(Path(directory) / "data") as platform:
        platform.emu("azure_openai").faults(pace_seconds=0, times=None)
        asyncio.run(compare(platform))


async def compare(platform: Platform) -> None:
    vendor = platform.record()["emulators"]["azure_openai"]
    async with AsyncExitStack() as stack:
        people = [await stack.enter_async_context(a_teacher(platform, "text_tools")) for _ in range(max(AT_ONCE))]
        direct = await stack.enter_async_context(
            AsyncAzureOpenAI(azure_endpoint=vendor, api_key="emulator-key", api_version="2024-10-21", max_retries=0)
        )
        ways: dict[str, Way] = {"vendor alone": of_vendor(direct), "through us": of_platform(people)}
        print(f"{'at once':>8} {'first piece, ms':>34} {'whole answer, ms':>34} {'answers a second':>34}")
        for count in AT_ONCE:
            print(f"{count:>8} {await measured(ways, count)}")


def of_vendor(client: AsyncAzureOpenAI) -> Way:
    async def ask(number: int) -> tuple[float, float]:
        began, first = time.perf_counter(), 0.0
        stream = await client.chat.completions.create(
            model=DEPLOYMENT,
            messages=[{"role": "system", "content": "Förenkla."}, {"role": "user", "content": TEXT}],
            stream=True,
        )
        async for chunk in stream:
            if not first and chunk.choices and chunk.choices[0].delta.content:
                first = time.perf_counter() - began
        return first, time.perf_counter() - began

    return ask


def of_platform(people: list[Person]) -> Way:
    async def ask(number: int) -> tuple[float, float]:
        began, first = time.perf_counter(), 0.0
        async with people[number].browser.stream("POST", "/api/text/simplify", json=run(TEXT)) as response:
            async for event in events_of(response):
                if not first and event.name == "delta":
                    first = time.perf_counter() - began
        return first, time.perf_counter() - began

    return ask


async def measured(ways: dict[str, Way], count: int) -> str:
    """The medians of both ways and their ratio, for so many at once."""
    firsts: dict[str, list[float]] = {name: [] for name in ways}
    wholes: dict[str, list[float]] = {name: [] for name in ways}
    spent = dict.fromkeys(ways, 0.0)
    for turn in range(ROUNDS + 1):
        for name, ask in ways.items():
            began = time.perf_counter()
            answers = await asyncio.gather(*(ask(number) for number in range(count)))
            if turn == 0:
                continue  # the first round makes connections
            spent[name] += time.perf_counter() - began
            firsts[name] += [first for first, _ in answers]
            wholes[name] += [whole for _, whole in answers]
    rates = {name: ROUNDS * count / seconds for name, seconds in spent.items()}
    return f"{beside(medians(firsts))} {beside(medians(wholes))} {beside(rates)}"


def medians(seconds: dict[str, list[float]]) -> dict[str, float]:
    return {name: 1000 * statistics.median(taken) for name, taken in seconds.items()}


def beside(figures: dict[str, float]) -> str:
    alone, ours = figures.values()
    return f"{alone:9.1f} → {ours:8.1f} ({ours / alone:5.2f} times)"


if __name__ == "__main__":
    main()
