"""How long the vendor may keep us waiting, and the watch over an answer that has begun."""

import asyncio
from dataclasses import dataclass
from math import inf
from types import TracebackType
from typing import NamedTuple, Self

import aiohttp

from contracts.errors import ErrorKind, Refusal

# As many tokens as are asked for are more than an answer needs (see `Prompt`); models write some fifty a second.
TOKENS_A_SECOND = 100.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait: to connect, for the first text (retries included), between reads, for a whole answer."""

    connect_seconds: float = 5.0
    first_token_seconds: float = 30.0
    idle_seconds: float = 30.0
    whole_seconds: float = 180.0
    attempts_max: int = 3
    retries_seconds: float = 8.0

    def whole_answer_seconds(self, output_tokens_max: int) -> float:
        """For an answer that comes in one piece: its first token shows only with its last."""
        return min(self.whole_seconds, self.first_token_seconds + output_tokens_max / TOKENS_A_SECOND)


class Deadline(NamedTuple):
    """A time of the event loop, and the seconds that it was away when it was set."""

    at: float
    seconds: float

    @classmethod
    def after(cls, seconds: float) -> Self:
        """The deadline that many seconds from now."""
        return cls(asyncio.get_running_loop().time() + seconds, seconds)


NEVER = Deadline(inf, inf)


def vendor_silent(missed: Deadline) -> Refusal:
    """The refusal that says how long we waited."""
    return Refusal(ErrorKind.TIMEOUT, "vendor-silent", deadline_seconds=round(missed.seconds, 1))


class WatchedAnswer:
    """Reads an answer; closes it when the vendor is silent for too long, and when its reader leaves.

    One timer per answer, however many reads: each read only moves the time by which bytes are due. The time that our
    own reader takes between two reads does not count.
    """

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self._content = response.content
        self._loop = asyncio.get_running_loop()
        self._due = NEVER
        self._looks_at = inf
        self._timer: asyncio.TimerHandle | None = None
        self._missed: Deadline | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the connection back if the answer was read to its end, otherwise close it: the vendor then stops."""
        self._stop_looking()
        self._response.close()

    async def read(self, due: Deadline) -> bytes:
        """The next bytes, or none at the end.

        Raises:
            Refusal: the connection broke, or nothing came in time.
        """
        self._due = due
        if due.at < self._looks_at:
            self._look_at(due.at)
        try:
            return await self._content.readany()
        except aiohttp.ClientError:
            if self._missed is not None:
                raise vendor_silent(self._missed) from None
            raise Refusal(ErrorKind.UPSTREAM_FAILED, "cut-off") from None
        finally:
            self._due = NEVER

    async def read_to_end(self, seconds: float) -> None:
        """Read what follows the last event, so that the connection can serve again; what fails here fails nobody."""
        due = Deadline.after(seconds)
        try:
            while not self._content.at_eof() and await self.read(due):
                pass
        except Refusal:
            return

    def _look(self) -> None:
        if self._loop.time() < self._due.at:
            self._look_at(self._due.at)
            return
        self._missed = self._due
        self._response.close()

    def _look_at(self, time: float) -> None:
        self._stop_looking()
        self._looks_at = time
        if time < inf:
            self._timer = self._loop.call_at(time, self._look)

    def _stop_looking(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
