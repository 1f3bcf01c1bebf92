"""Spans of the bus, where traces are exported; where they are not, a message costs nothing for them."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

from opentelemetry.trace import SpanKind

from chassis.telemetry import span, traces_are_exported

Headers = dict[str, str]
_NOTHING: AbstractContextManager[object] = nullcontext()


def asking(verb: str, subject: str, headers: Headers) -> AbstractContextManager[object]:
    """The caller's span; the trace context goes into `headers`."""
    if not traces_are_exported():
        return _NOTHING
    return span(f"{verb} {subject}", SpanKind.CLIENT, _named(subject), inject=headers)


def answering(subject: str, headers: Mapping[str, str] | None) -> AbstractContextManager[object]:
    """The owner's span, below the caller's where the headers name it."""
    if not traces_are_exported():
        return _NOTHING
    return span(f"process {subject}", SpanKind.SERVER, _named(subject), extract=headers or {})


def consuming(subject: str, durable: str, headers: Mapping[str, str] | None) -> AbstractContextManager[object]:
    """The span of one delivery of a durable event."""
    if not traces_are_exported():
        return _NOTHING
    attributes = {"messaging.system": "nats", "messaging.consumer.group.name": durable}
    return span(f"process {subject}", SpanKind.CONSUMER, attributes, extract=headers or {})


def _named(subject: str) -> dict[str, str]:
    return {"messaging.system": "nats", "messaging.destination.template": subject}
