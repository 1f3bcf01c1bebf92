"""Calls out: one wildcard inbox per process, a dictionary of waiting callers, deadlines, failure at once."""

import asyncio
from dataclasses import dataclass, field

from chassis.bus.codec import encode_request, raise_if_refused
from chassis.bus.link import Send
from chassis.bus.tracing import asking
from chassis.bus.transport import Message
from chassis.clock import Clock
from chassis.telemetry import Log
from contracts.envelope import Envelope
from contracts.errors import ErrorKind, Refusal
from contracts.identifiers import new_id
from contracts.table import AnyCall

log = Log("calls")


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply as bytes, with the headers that the contract speaks of (a cookie to set)."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Calls:
    """Requests that wait for their reply."""

    def __init__(self, send: Send, inbox: str, clock: Clock) -> None:
        self._send = send
        self._inbox = inbox
        self._clock = clock
        self._waiting: dict[str, asyncio.Future[Answer]] = {}

    async def request(self, call: AnyCall, envelope: Envelope, body: bytes) -> Answer:
        """Send and wait.

        Raises:
            Refusal: refused by the owner, TIMEOUT after the contract's deadline, UNAVAILABLE without a bus.
        """
        headers: dict[str, str] = {}
        with asking("send", call.subject, headers):
            answer = await self._ask(call, encode_request(envelope, body, call.deadline_seconds, self._clock), headers)
            if answer.headers:
                raise_if_refused(answer.headers, answer.body)
            return answer

    async def _ask(self, call: AnyCall, request: bytes, headers: dict[str, str]) -> Answer:
        loop = asyncio.get_running_loop()
        token = new_id()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting[token] = future
        deadline = loop.call_later(call.deadline_seconds, _give_up, future, call)
        try:
            self._send(call.subject, request, f"{self._inbox}.{token}", headers)
            return await future
        finally:
            deadline.cancel()
            self._waiting.pop(token, None)

    def on_reply(self, message: Message) -> None:
        """Hand a reply to its caller; one that nobody waits for any more is dropped."""
        future = self._waiting.pop(message.subject.rsplit(".", 1)[-1], None)
        if future is not None and not future.done():
            future.set_result(Answer(message.data, message.headers or {}))

    def fail_all(self) -> None:
        """The bus is gone: no reply will come."""
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(Refusal(ErrorKind.UNAVAILABLE, "bus-down", retry_after_seconds=1))
        self._waiting.clear()


def _give_up(future: "asyncio.Future[Answer]", call: AnyCall) -> None:
    if not future.done():
        log.warning("no answer in time", subject=call.subject, seconds=call.deadline_seconds)
        future.set_exception(Refusal(ErrorKind.TIMEOUT, "no-answer-in-time", retry_after_seconds=1))
