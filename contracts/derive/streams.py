"""The streams and durable consumers that keep durable events; an init job makes them, services only bind.

A stream keeps `evt.<owner>.>` of one owner of durable events. The ledger of commands has a stream of its own: it holds
keyed hashes of identifiers beside opaque ids, the one exception, and its owner reads it again from the beginning.
Nothing else is ever kept: no request, no reply, no signal. There are no server-side timers: nats-server refuses them on
a stream that discards the new instead of the old, and losing nothing matters more; deadlines are swept in the owner's
database.
"""

from dataclasses import dataclass

from contracts.dsar import ERASURE_COMPLETED, ERASURE_REQUESTED
from contracts.holder import service_of
from contracts.registry import EVENTS
from contracts.table import AnyEvent

MEBIBYTE = 1024 * 1024
DAY_SECONDS = 24 * 60 * 60

DEAD_LETTERS = "DLQ"
MAX_AGE_SECONDS = 90 * DAY_SECONDS
LEDGER_AGE_SECONDS_MAX = 120 * DAY_SECONDS  # the longest age of a backup, and 30 days more
MESSAGE_BYTES_MAX = 64 * 1024
DUPLICATE_WINDOW_SECONDS = 10 * 60
# How long the server waits for an ack before it delivers again: short, so that a holder that was killed is asked again
# soon; one at work says every two seconds that it is. No server-side backoff: nats-server 2.15 counts a consumer's own
# postponement (nak with delay) from the backoff's step for that delivery and so comes late; the chassis postpones.
ACK_WAIT_SECONDS = 6

_DURABLE_NAMES = {
    ERASURE_REQUESTED.subject: "erase-{consumer}",
    ERASURE_COMPLETED.subject: "{consumer}-receipts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """A JetStream stream: bounded in age and bytes; when full it refuses instead of forgetting."""

    name: str
    subjects: tuple[str, ...]
    bytes_max: int
    age_seconds_max: int = MAX_AGE_SECONDS
    reader: str | None = None
    """The service that may read it again from the beginning (direct get)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DurableSettings:
    """A durable pull consumer, and the service that alone may fetch from it."""

    stream: str
    name: str
    service: str
    filter_subject: str


def stream_of(event: AnyEvent) -> str:
    """The stream that keeps a durable event."""
    if not event.durable:
        msg = f"{event.subject} is a signal; no stream keeps it"
        raise ValueError(msg)
    return event.kept_in or event.owner.upper()


def durable_name(event: AnyEvent, consumer: str) -> str:
    """The durable consumer by which one consumer (a service, or a holder of personal data) reads an event."""
    pattern = _DURABLE_NAMES.get(event.subject, f"{{consumer}}-{event.entity}-{event.past}")
    return pattern.format(consumer=consumer)


def dead_letter_subject(service: str, durable: str) -> str:
    """Where a service leaves the id of a message that it can never read."""
    return f"dlq.{service}.{durable}"


def _streams() -> tuple[StreamSettings, ...]:
    owners = dict.fromkeys(event.owner for event in EVENTS if event.durable and not event.kept_in)
    kept = (
        StreamSettings(name=owner.upper(), subjects=(f"evt.{owner}.>",), bytes_max=256 * MEBIBYTE) for owner in owners
    )
    apart = (
        StreamSettings(
            name=stream_of(event),
            subjects=(event.subject,),
            bytes_max=128 * MEBIBYTE,
            age_seconds_max=LEDGER_AGE_SECONDS_MAX,
            reader=event.owner,
        )
        for event in EVENTS
        if event.kept_in
    )
    return (*kept, *apart, StreamSettings(name=DEAD_LETTERS, subjects=("dlq.>",), bytes_max=64 * MEBIBYTE))


def _durables() -> tuple[DurableSettings, ...]:
    return tuple(
        DurableSettings(
            stream=stream_of(event),
            name=durable_name(event, consumer),
            service=service_of(consumer),
            filter_subject=event.subject_for("*") if event.per_holder else event.subject,
        )
        for event in EVENTS
        if event.durable and not event.kept_in
        for consumer in event.consumers
    )


STREAMS = _streams()
DURABLES = _durables()
