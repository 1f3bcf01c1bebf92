"""Reading a stream again from its beginning, without a consumer: batches of direct gets (NATS 2.11, ADR-31)."""

import asyncio
from collections.abc import AsyncIterator

import nats.errors
import orjson
from nats.aio.msg import Msg

from chassis.bus.link import Link
from contracts.derive.permissions import READ_AGAIN
from contracts.derive.streams import stream_of
from contracts.errors import ErrorKind, Refusal
from contracts.identifiers import new_id
from contracts.table import AnyEvent

BATCH = 256
SILENCE_SECONDS = 5.0
STATUS, SEQUENCE = "Status", "Nats-Sequence"
NOTHING, END = "404", "204"


async def stored(events: Link, inbox: str, event: AnyEvent) -> AsyncIterator[bytes]:
    """The payloads of all messages of an event that its stream keeps, oldest first.

    Raises:
        Refusal: UNAVAILABLE, if the server does not answer or is gone meanwhile.
    """
    after = 0
    while batch := await _batch(events, inbox, event, after + 1):
        for message in batch:
            after = int((message.headers or {})[SEQUENCE])
            yield message.data


async def _batch(events: Link, inbox: str, event: AnyEvent, first: int) -> list[Msg]:
    answers: asyncio.Queue[Msg] = asyncio.Queue()
    reply = f"{inbox}.d.{new_id()}"
    question = {"seq": first, "batch": BATCH, "next_by_subj": event.subject}
    if not events.connected:  # nats-py would keep the question and send it when the server is back
        raise Refusal(ErrorKind.UNAVAILABLE, "stream")
    try:
        subscription = await events.client.subscribe(reply, cb=answers.put)
        try:
            await events.client.publish(f"{READ_AGAIN}{stream_of(event)}", orjson.dumps(question), reply=reply)
            return await _until_end(answers)
        finally:
            await subscription.unsubscribe()
    except (nats.errors.Error, ConnectionError, TimeoutError):
        raise Refusal(ErrorKind.UNAVAILABLE, "stream") from None


async def _until_end(answers: "asyncio.Queue[Msg]") -> list[Msg]:
    found: list[Msg] = []
    while True:
        async with asyncio.timeout(SILENCE_SECONDS):
            message = await answers.get()
        status = (message.headers or {}).get(STATUS)
        if status in {NOTHING, END}:
            return found
        if status is not None:
            raise TimeoutError
        found.append(message)
