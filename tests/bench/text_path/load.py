"""Puts load on a contestant and notes what came of it."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from tests.bench.text_path.client import Answer, Connection
from tests.bench.text_path.contestants import Contestant
from tests.bench.text_path.figures import gaps
from tests.bench.text_path.orders import Order

ENDS = (b"[DONE]", b"event: done")


@dataclass(slots=True)
class Seen:
    """What one run of load saw."""

    seconds: float = 0.0
    answers: list[Answer] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def latencies(self) -> list[float]:
        return [answer.ended - answer.began for answer in self.answers]

    @property
    def firsts(self) -> list[float]:
        return [answer.first_seconds for answer in self.answers]

    @property
    def gaps(self) -> list[float]:
        return [gap for answer in self.answers for gap in gaps(answer.arrivals)]

    @property
    def chunks(self) -> int:
        return sum(answer.chunks for answer in self.answers)

    def note(self, answer: Answer, order: Order) -> None:
        fault = fault_of(answer, order)
        if fault:
            self.errors[fault] += 1
        else:
            self.answers.append(answer)


def fault_of(answer: Answer, order: Order) -> str:
    """What is wrong with an answer; nothing: it is whole."""
    if answer.status != HTTPStatus.OK:
        return f"status {answer.status}"
    if not order.stream:
        return "" if answer.chunks else "no text"
    if not any(end in answer.tail for end in ENDS):
        return "no end"
    return "" if answer.chunks == order.chunks else f"{answer.chunks} chunks"


class Connections:
    """So many kept connections to a contestant, each of them one person's."""

    def __init__(self, contestant: Contestant, kept: list[Connection]) -> None:
        self._contestant = contestant
        self._kept = kept

    @property
    def numbers(self) -> Iterable[int]:
        return range(len(self._kept))

    async def ask(self, number: int, order: Order, seen: Seen) -> None:
        """One request on one connection, which is opened again where it was closed."""
        try:
            if not self._kept[number].is_open:
                self._kept[number] = await Connection.to(self._contestant.address)
            seen.note(await self._kept[number].ask(self._contestant.request(number, order)), order)
        except (OSError, TimeoutError) as error:
            seen.errors[type(error).__name__] += 1
            self._kept[number].close()

    async def once(self, order: Order) -> Seen:
        """One request on every connection, all at once."""
        seen, began = Seen(), time.monotonic()
        await asyncio.gather(*(self.ask(number, order, seen) for number in self.numbers))
        seen.seconds = time.monotonic() - began
        return seen

    async def repeated(self, order: Order, seconds: float) -> Seen:
        """Request after request on every connection, until no new one begins after so many seconds."""
        seen, began = Seen(), time.monotonic()

        async def on(number: int) -> None:
            while time.monotonic() - began < seconds:
                await self.ask(number, order, seen)

        await asyncio.gather(*(on(number) for number in self.numbers))
        seen.seconds = time.monotonic() - began
        return seen

    def close(self) -> None:
        for connection in self._kept:
            connection.close()


@asynccontextmanager
async def connections(contestant: Contestant, count: int) -> AsyncIterator["Connections"]:
    """Opened beforehand; one short request on each, so that nothing is first in what is measured."""
    kept = Connections(contestant, [await Connection.to(contestant.address) for _ in range(count)])
    try:
        await kept.once(Order())
        yield kept
    finally:
        kept.close()
