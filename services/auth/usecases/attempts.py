"""Attempts to prove a secret: each has its place before any work is done for it, however many come at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.auth.domain.throttle import Guesses
from services.auth.ports import Clock
from services.auth.usecases.refusals import too_many_guesses


@dataclass(slots=True)
class _Line:
    """The attempts for one person: at work, or waiting for the outcome of those."""

    here: int = 0
    at_work: int = 0
    outcome: asyncio.Event = field(default_factory=asyncio.Event)


class Attempt:
    """One attempt at work; what is neither said to have failed nor succeeded counts for nothing."""

    def __init__(self, guesses: Guesses, person: str, clock: Clock) -> None:
        self._guesses = guesses
        self._person = person
        self._clock = clock

    def failed(self) -> None:
        """The secret was wrong."""
        self._guesses.failed(self._person, self._clock.now())

    def succeeded(self) -> None:
        """The secret was right."""
        self._guesses.succeeded(self._person)


class Attempts:
    """Lets so many attempts begin at once that, if all are wrong, no more are made than `Guesses` leaves free.

    Whoever comes on top waits for an outcome: a right password lets them all go on, wrong ones have them refused
    before anything is hashed for them.
    """

    def __init__(self, guesses: Guesses, clock: Clock) -> None:
        self._guesses = guesses
        self._clock = clock
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def one(self, person: str) -> AsyncIterator[Attempt]:
        """Be one attempt for a person (an address, an account id, or the hash of a mailed secret).

        Raises:
            Refusal: `rate-limited`, with the seconds to wait.
        """
        line = self._lines.setdefault(person, _Line())
        line.here += 1
        try:
            while not self._may_begin(person, line):
                await line.outcome.wait()
            line.at_work += 1
            try:
                yield Attempt(self._guesses, person, self._clock)
            finally:
                line.at_work -= 1
                line.outcome.set()
                line.outcome = asyncio.Event()
        finally:
            line.here -= 1
            if not line.here:
                del self._lines[person]

    def _may_begin(self, person: str, line: _Line) -> bool:
        now = self._clock.now()
        wait_seconds = self._guesses.wait_seconds(person, now)
        if wait_seconds:
            raise too_many_guesses(wait_seconds)
        return line.at_work < self._guesses.at_once(person, now)
