"""Logs and spans that pass an allow-list: names from a list, values numbers or short texts without an @.

A log line is an event name (lower-case words) and fields from the list below. What libraries log is reduced to who
logged, at which level, and the type and frames of an exception: their messages may hold addresses. The list keeps
out what nobody meant to log; a name that is passed under a listed field would come through, so callers pass kinds,
counts and routes only. Metrics have declared instruments instead (`chassis.metrics`).
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType

from opentelemetry import propagate, trace
from opentelemetry.propagators.textmap import Getter, Setter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

OWN_LOGGERS = "larabot"
SAFE_VALUE = re.compile(r"^[A-Za-z0-9 _.,:/{}<>*+\-]{0,120}$")
EVENT_NAME = re.compile(r"^[a-z][a-z0-9 '_-]{0,79}$")
FIELDS = frozenset({
    "subject", "route", "method", "status", "kind", "reason", "service", "holder", "store", "count",
    "attempt", "seconds", "bytes", "revision", "stream", "consumer", "state", "tool", "outcome",
    "finish_reason", "version", "vendor", "port", "stage", "table", "tables", "sequence", "dialect",
    "signal", "region",
})  # fmt: skip
SPAN_ATTRIBUTES = FIELDS | {
    "messaging.system", "messaging.destination.template", "messaging.operation.type", "messaging.consumer.group.name",
    "error.type", "http.route", "http.request.method", "http.response.status_code", "gen_ai.operation.name",
    "gen_ai.provider.name", "chunks", "first_chunk_seconds",
}  # fmt: skip
SAFE_SPAN_NAME = re.compile(r"^[A-Za-z]+ [A-Za-z0-9._/{}*-]{1,100}$")


def allowed(fields: Mapping[str, object], names: frozenset[str]) -> dict[str, str | int | float | bool]:
    """Keep the fields that are on the list and whose values are numbers or short harmless words."""
    kept: dict[str, str | int | float | bool] = {}
    for name, value in fields.items():
        if name not in names:
            continue
        harmless = isinstance(value, str) and SAFE_VALUE.fullmatch(value) and "@" not in value
        if harmless or isinstance(value, bool | int | float):
            kept[name] = value  # type: ignore[assignment] # a str where harmless
    return kept


def frames_of(error: BaseException) -> list[str]:
    """Where an exception came from, as file and line only; the source text and the message stay out."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return [f"{'/'.join(frame.filename.rsplit('/', 2)[-2:])}:{frame.lineno}" for frame in frames]


class JsonFormatter(logging.Formatter):
    """One JSON object a line, made of allow-listed parts only."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Render a record; a message of ours is an event name, a library's message is left out."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
        }
        if record.name.startswith(OWN_LOGGERS):
            message = record.getMessage()
            line["event"] = message if EVENT_NAME.fullmatch(message) else "unnamed event"
            line.update(allowed(getattr(record, "fields", {}), FIELDS))
        else:
            line["event"] = "library message"
            line["logger"] = record.name[:60]
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["frames"] = frames_of(record.exc_info[1])
        return json.dumps(line, separators=(",", ":"))


class Log:
    """The service's log: `log.info("migrated", revision="0001")`."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(f"{OWN_LOGGERS}.{name}")

    def info(self, event: str, **fields: object) -> None:
        """Something worth a line happened."""
        self._logger.info(event, extra={"fields": fields})

    def warning(self, event: str, *, error: BaseException | None = None, **fields: object) -> None:
        """Something went wrong and is being handled; of the error, its type and frames are kept."""
        self._logger.warning(event, exc_info=error, extra={"fields": fields})

    def failure(self, event: str, *, error: BaseException | None = None, **fields: object) -> None:
        """Something is broken and needs a person."""
        self._logger.error(event, exc_info=error, extra={"fields": fields})


def configure_logs(service: str, level: str) -> None:
    """Send every log line of the process to standard output through the allow-list."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(service))
    logging.raiseExceptions = False  # a line that cannot be formatted would be printed with all its arguments
    sys.excepthook = _log_the_end
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OWN_LOGGERS).setLevel(level.upper())
    # These print addresses and URLs at INFO.
    for chatty in ("httpx", "httpx2", "httpcore", "httpcore2", "nats", "uvicorn", "mail", "aiohttp"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _log_the_end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What ends the process is logged like everything else: the interpreter would print its message."""
    Log("process").failure("process failed", error=error.with_traceback(trace), kind=kind.__name__)


class AllowListExporter(SpanExporter):
    """Rebuilds every span from allow-listed parts before a real exporter sees it: no events, links, texts."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Pass on the cleaned copies."""
        return self._inner.export([self.cleaned(span) for span in spans])

    @staticmethod
    def cleaned(span: ReadableSpan) -> ReadableSpan:
        """Copy a span without anything that is not on the list."""
        name = span.name if SAFE_SPAN_NAME.fullmatch(span.name) else "span unnamed"
        return ReadableSpan(
            name=name,
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=allowed(dict(span.attributes or {}), frozenset(SPAN_ATTRIBUTES)),
            kind=span.kind,
            status=Status(span.status.status_code),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    def shutdown(self) -> None:
        """End the real exporter."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 5000) -> bool:
        """Flush the real exporter."""
        return self._inner.force_flush(timeout_millis)


class _Export:
    active = False


_export = _Export()


def configure_traces(service: str, otlp_endpoint: str | None) -> None:
    """Set the process's tracer: W3C trace context only (no baggage), exported by OTLP where an endpoint is set."""
    propagate.set_global_textmap(TraceContextTextMapPropagator())
    resource = Resource({"service.name": service})
    if otlp_endpoint is None:
        trace.set_tracer_provider(TracerProvider(resource=resource, sampler=ALWAYS_OFF))
        _export.active = False
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 — costs 100 ms

    provider = TracerProvider(resource=resource, sampler=ParentBased(ALWAYS_ON))
    exporter = OTLPSpanExporter(endpoint=f"{otlp_endpoint.rstrip('/')}/v1/traces", timeout=5)
    provider.add_span_processor(BatchSpanProcessor(AllowListExporter(exporter)))
    trace.set_tracer_provider(provider)
    _export.active = True


def traces_are_exported() -> bool:
    """Whether spans go anywhere: if not, nobody needs to make them."""
    return _export.active


def flush() -> None:
    """Let out what logs and traces still hold back; at most some seconds, should the collector be away."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()
    logging.shutdown()


class _HeaderAccess(Setter[dict[str, str]], Getter[dict[str, str]]):
    def set(self, carrier: dict[str, str], key: str, value: str) -> None:
        carrier[key] = value

    def get(self, carrier: dict[str, str], key: str) -> list[str] | None:
        value = carrier.get(key)
        return [value] if value else None

    def keys(self, carrier: dict[str, str]) -> list[str]:
        return list(carrier)


_HEADERS = _HeaderAccess()


@contextmanager
def span(
    name: str,
    kind: SpanKind,
    attributes: Mapping[str, str],
    *,
    inject: dict[str, str] | None = None,
    extract: Mapping[str, str] | None = None,
) -> Iterator[trace.Span]:
    """Run under a span; its context is written into `inject` or taken from `extract` (message headers).

    Of an exception only the type is recorded.
    """
    parent = propagate.extract(dict(extract), getter=_HEADERS) if extract else None
    tracer = trace.get_tracer(OWN_LOGGERS)
    with tracer.start_as_current_span(
        name, context=parent, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        if inject is not None:
            propagate.inject(inject, setter=_HEADERS)
        try:
            yield current
        except BaseException as error:
            current.set_attribute("error.type", type(error).__name__)
            current.set_status(Status(StatusCode.ERROR))
            raise
