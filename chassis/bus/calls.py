"""Calls out: one wildcard inbox per process, a dictionary of waiting callers, deadlines, failure at once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind

from chassis.bus.codec import encode_request, raise_if_refused
from chassis.clock import Clock
from chassis.telemetry import Log, span
from contracts.envelope import HEADER_DEADLINE, Envelope
from contracts.errors import ErrorKind, Refusal
from contracts.identifiers import new_id
from contracts.table import Call

Send = Callable[[str, bytes, str, dict[str, str]], Awaitable[None]]

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

    async def request(self, call: Call, envelope: Envelope, body: bytes) -> Answer:
        """Send and wait.

        Raises:
            Refusal: refused by the owner, TIMEOUT after the contract's deadline, UNAVAILABLE without a bus.
        """
        token = new_id()
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[token] = future
        headers = deadline_header(self._clock, call.deadline_seconds)
        attributes = {"messaging.system": "nats", "messaging.destination.template": call.subject}
        try:
            with span(f"send {call.subject}", SpanKind.CLIENT, attributes, inject=headers):
                await self._send(call.subject, encode_request(envelope, body), f"{self._inbox}.{token}", headers)
                async with asyncio.timeout(call.deadline_seconds):
                    answer = await future
                raise_if_refused(answer.headers, answer.body)
                return answer
        except TimeoutError:
            log.warning("no answer in time", subject=call.subject, seconds=call.deadline_seconds)
            raise Refusal(ErrorKind.TIMEOUT, "no-answer-in-time", retry_after_seconds=1) from None
        finally:
            self._waiting.pop(token, None)

    async def on_reply(self, message: Msg) -> None:
        """Hand a reply to its caller; one that nobody waits for any more is dropped."""
        future = self._waiting.pop(message.subject.rsplit(".", 1)[-1], None)
        if future is not None and not future.done():
            future.set_result(Answer(message.data, dict(message.headers or {})))

    def fail_all(self) -> None:
        """The bus is gone: no reply will come."""
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(Refusal(ErrorKind.UNAVAILABLE, "bus-down", retry_after_seconds=1))
        self._waiting.clear()


def deadline_header(clock: Clock, seconds: float) -> dict[str, str]:
    """When the caller gives up, as the responder's clock shows it (same host clock, or NTP)."""
    return {HEADER_DEADLINE: str(clock.unix_milliseconds() + int(seconds * 1000))}
