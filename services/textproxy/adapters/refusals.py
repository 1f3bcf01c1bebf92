"""What the vendor's errors mean to us.

openai.OpenAIError
 └ APIConnectionError     unreachable, cut off, connecting took too long → tried again
 └ APIStatusError
    └ 400 content_filter  the prompt was refused: CONTENT_FILTERED with the filter's category
    └ 400 too long        TOO_LARGE
    └ 401, 403, 404       our key or deployment: an alarm, never tried again
    └ 408, 429, 5xx       may pass → tried again

Nothing of the vendor's wording goes further: it may repeat the text.
"""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import openai

from chassis.telemetry import Log
from contracts.errors import ErrorKind, Refusal

CATEGORIES = frozenset({"hate", "self_harm", "sexual", "violence", "jailbreak", "indirect_attack"})
TOO_LONG = "context_length_exceeded"
ALARMS = {
    HTTPStatus.UNAUTHORIZED: "credentials",
    HTTPStatus.FORBIDDEN: "credentials",
    HTTPStatus.NOT_FOUND: "deployment",
}
PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
RETRY_AFTER_SECONDS_MAX = 3600.0

log = Log("azure-openai")


def may_pass(error: BaseException) -> bool:
    """Whether trying again may help."""
    if isinstance(error, openai.APIStatusError):
        return error.status_code in PASSING or error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, openai.APIConnectionError)


def retry_after_seconds(error: BaseException | None) -> float | None:
    """How long the vendor asks us to wait."""
    if not isinstance(error, openai.APIStatusError):
        return None
    headers: Mapping[str, str] = error.response.headers
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if 0 <= seconds <= RETRY_AFTER_SECONDS_MAX:
            return seconds
    return None


def refusal_of(error: openai.OpenAIError) -> Refusal:
    """The refusal that a person meets."""
    if not isinstance(error, openai.APIStatusError):
        log.warning("vendor unreachable", error=error)
        return Refusal(ErrorKind.UPSTREAM_FAILED, "unreachable")
    status, code = error.status_code, code_of(error.body)
    if code == "content_filter":
        return Refusal(ErrorKind.CONTENT_FILTERED, "prompt", **category_of(error.body))
    if code == TOO_LONG or status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Refusal(ErrorKind.TOO_LARGE, "too-long-for-the-model")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds = max(1, math.ceil(retry_after_seconds(error) or 1))
        return Refusal(ErrorKind.RATE_LIMITED, "vendor-busy", retry_after_seconds=seconds)
    reason = ALARMS.get(HTTPStatus(status)) if status in ALARMS else None
    log.failure("vendor refused", status=status, reason=reason or "status")
    return Refusal(ErrorKind.UPSTREAM_FAILED, reason or "status")


def code_of(body: Any) -> str:
    """The vendor's code for an error."""
    return str(body.get("code") or "") if isinstance(body, Mapping) else ""


def category_of(body: Any) -> dict[str, str]:
    """Which filter refused, in words from a list; nothing if the vendor does not say."""
    inner = body.get("innererror") if isinstance(body, Mapping) else None
    results = (inner.get("content_filter_result") or inner.get("content_filter_results")) if inner else None
    for name, result in (results or {}).items():
        if name in CATEGORIES and isinstance(result, Mapping) and result.get("filtered"):
            return {"category": name}
    return {}
