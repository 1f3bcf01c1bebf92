"""Logs and spans hold what is on the list, whatever is thrown at them."""

import json
import logging
import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer

from chassis.telemetry import FIELDS, AllowListExporter, JsonFormatter, allowed, frames_of

ADDRESS = "anna.andersson@skola.example"


def fail_over(address: str) -> None:
    raise ValueError(f"cannot find {address}")


def fail_in_a_span(tracer: Tracer) -> None:
    attributes = {"email": ADDRESS, "http.route": "/api/me"}
    with tracer.start_as_current_span(f"login {ADDRESS}", attributes=attributes) as span:
        span.add_event("prompt", {"text": ADDRESS})
        fail_over(ADDRESS)


def formatted(name: str, message: str, *, fields: dict[str, object] | None = None, error: bool = False) -> str:
    try:
        fail_over(ADDRESS)
    except ValueError:
        info = sys.exc_info() if error else None
    record = logging.LogRecord(name, logging.INFO, __file__, 1, message, None, info)
    record.fields = fields or {}
    return JsonFormatter("auth").format(record)


def test_our_events_keep_their_name_and_listed_fields() -> None:
    line = json.loads(formatted("larabot.auth", "login failed", fields={"reason": "throttled", "count": 3}))
    assert (line["event"], line["reason"], line["count"]) == ("login failed", "throttled", 3)


@pytest.mark.parametrize(
    ("name", "message", "fields"),
    [
        ("httpx", f"HTTP Request: DELETE https://api/contacts/{ADDRESS}", {}),
        ("larabot.auth", f"login of {ADDRESS}", {}),
        ("larabot.auth", "login failed", {"reason": ADDRESS, "email": ADDRESS}),
    ],
)
def test_an_address_never_reaches_a_log_line(name: str, message: str, fields: dict[str, object]) -> None:
    assert "anna" not in formatted(name, message, fields=fields, error=True)


def test_of_an_exception_its_type_and_frames_are_kept() -> None:
    line = json.loads(formatted("larabot.auth", "failed", error=True))
    assert line["error"] == "ValueError"
    assert line["frames"][-1].startswith("chassis/test_telemetry.py:")


def test_fields_that_are_not_on_the_list_are_dropped() -> None:
    assert allowed({"route": "/api/me", "name": "Anna", "status": 200}, FIELDS) == {"route": "/api/me", "status": 200}


def test_a_span_is_rebuilt_without_texts_events_or_unlisted_attributes() -> None:
    memory = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(AllowListExporter(memory)))
    with pytest.raises(ValueError, match="anna"):
        fail_in_a_span(provider.get_tracer("test"))
    (exported,) = memory.get_finished_spans()
    assert exported.name == "span unnamed"
    assert dict(exported.attributes or {}) == {"http.route": "/api/me"}
    assert not exported.events
    assert "anna" not in exported.to_json()


def test_a_frame_of_generated_code_is_no_fault_of_the_log() -> None:
    with pytest.raises(ValueError, match="anna") as caught:
        exec(compile("raise ValueError('anna')", "<string>", "exec"))  # noqa: S102 — dataclasses make such frames
    assert frames_of(caught.value)[-1] == "<string>:1"
