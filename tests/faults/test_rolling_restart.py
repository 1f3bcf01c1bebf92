"""Every service is replaced while people work: two replicas lose no request, one only while nobody serves."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from chassis.tasks import end_all
from tests.support.people import Person
from tests.support.postgres import PostgresServer, postgres
from tests.support.replicas import Process, Replicas
from tests.support.rights import CaseFollowed

__all__ = ["postgres"]

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(180)]

TEXT = "Solen skiner, och barnen leker i gräset."
READERS, CALLERS, LEAVING = 4, 2, 6
ERASURE_EVERY_SECONDS = 2.0
PAUSE_SECONDS = 0.05
REQUEST_SECONDS_MAX = 20


@dataclass(frozen=True)
class Failure:
    """A request that was not answered as it should be: when it was under way (the loop's time), and what came."""

    began: float
    ended: float
    what: str


@dataclass
class Load:
    """What became of the requests."""

    answered: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    async def runs(self, name: str, act: Callable[[], Awaitable[None]]) -> None:
        """Do it once, and write down what became of it."""
        time = asyncio.get_running_loop().time
        began = time()
        try:
            async with asyncio.timeout(REQUEST_SECONDS_MAX):
                await act()
        except (AssertionError, httpx.HTTPError, TimeoutError) as error:
            self.failures.append(Failure(began, time(), f"{name}: {type(error).__name__} {str(error)[:300]}"))
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            self.answered[name] += 1

    async def repeats(self, name: str, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self.runs(name, act)
            await asyncio.sleep(PAUSE_SECONDS)


async def looks_at_the_tools(person: Person) -> None:
    answer = await person.browser.get("/api/text/tools")
    assert answer.status_code == 200, answer.text


async def reads_a_text(person: Person) -> None:
    """A whole streamed answer."""
    events = await person.uses(TEXT)
    assert events[-1].name == "done", events[-1]
    assert sum(event.name == "delta" for event in events) > 1


async def logs_in_and_out(person: Person) -> None:
    await person.logs_in()
    answer = await person.browser.get("/api/me")
    assert answer.status_code == 200, answer.text
    answer = await person.browser.post("/api/auth/logout")
    assert answer.status_code == 204, answer.text


@asynccontextmanager
async def people(replicas: Replicas, count: int, *consents: str) -> AsyncIterator[list[Person]]:
    async with AsyncExitStack() as stack:
        persons = [replicas.person(kept=number % 2 == 0) for number in range(count)]
        for person in persons:
            await stack.enter_async_context(person.browser)
        await asyncio.gather(*(arrives(person, *consents) for person in persons))
        yield persons


async def arrives(person: Person, *consents: str) -> None:
    await person.registers()
    await person.logs_in()
    if consents:
        await person.consents(**dict.fromkeys(consents, True))


@asynccontextmanager
async def at_work(load: Load, readers: list[Person], callers: list[Person]) -> AsyncIterator[None]:
    """People work meanwhile: half of them by connections that they keep, half by new ones."""
    working = {
        asyncio.create_task(load.repeats(name, lambda person=person, act=act: act(person)))  # type: ignore[misc]
        for name, act, persons in (
            ("tools", looks_at_the_tools, [*readers, *callers]),
            ("text", reads_a_text, readers),
            ("login", logs_in_and_out, callers),
        )
        for person in persons
    }
    try:
        yield
    finally:
        await end_all(working)


async def leave_one_by_one(load: Load, leaving: list[Person]) -> list[CaseFollowed]:
    cases: list[CaseFollowed] = []

    async def asks_for_erasure(person: Person) -> None:
        cases.append(CaseFollowed(person, await person.invokes("erasure")))

    for person in leaving:
        await load.runs("erasure", lambda person=person: asks_for_erasure(person))  # type: ignore[misc]
        await asyncio.sleep(ERASURE_EVERY_SECONDS)
    return cases


async def replaced(wave: list[Process]) -> None:
    """All of them at once are ended in order, and started anew."""
    await asyncio.gather(*(process.end() for process in wave))
    await asyncio.gather(*(process.start() for process in wave))


async def test_no_request_is_lost_while_one_replica_of_every_service_after_the_other_is_replaced(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    load = Load()
    async with Replicas(tmp_path, postgres, count=2) as replicas:
        async with (
            people(replicas, READERS, "text_tools") as readers,
            people(replicas, CALLERS) as callers,
            people(replicas, LEAVING, "text_tools", "analytics") as leaving,
            at_work(load, readers, callers),
        ):
            asking = asyncio.create_task(leave_one_by_one(load, leaving))
            for number in range(2):
                await replaced(replicas.wave(number))
            cases = await asking
            await asyncio.gather(*(case.until("closed") for case in cases))
        assert load.failures == []
    assert len(cases) == LEAVING
    assert min(load.answered[name] for name in ("tools", "text", "login")) > READERS


async def answers_again(load: Load) -> None:
    """Until every kind of request was answered once more by everybody who makes it."""
    wanted = load.answered + Counter({"tools": READERS + CALLERS, "text": READERS, "login": CALLERS})
    async with asyncio.timeout(REQUEST_SECONDS_MAX):
        while load.answered < wanted:
            await asyncio.sleep(PAUSE_SECONDS)


async def test_with_one_replica_requests_fail_only_while_nobody_serves(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    """Some fifteen seconds: every process of the platform starts, and every service of it once more under load."""
    load = Load()
    time = asyncio.get_running_loop().time
    async with Replicas(tmp_path, postgres, count=1) as replicas:
        async with (
            people(replicas, READERS, "text_tools") as readers,
            people(replicas, CALLERS) as callers,
            at_work(load, readers, callers),
        ):
            await answers_again(load)
            ended = time()
            await replaced(replicas.wave(0))
            ready = time()
            await answers_again(load)
        assert load.failures, "nobody noticed that nothing was there"
        assert [failure for failure in load.failures if failure.ended < ended or failure.began > ready] == []
