"""Problem documents (RFC 9457): made here only, in the caller's language, from the kind of a refusal."""

import json
from pathlib import Path
from typing import Any

import orjson

from contracts.envelope import Language
from contracts.errors import RETRYABLE, STATUS, ErrorKind, Refusal
from services.gateway.api.http_response import NO_STORE, Fields, HttpResponse

TEXTS: dict[str, dict[str, dict[str, str]]] = json.loads(Path("policies/problems.json").read_text())
MEDIA_TYPE = (b"content-type", b"application/problem+json")
RETRY_AFTER_SECONDS = 1
CHALLENGE = (b"www-authenticate", b'Cookie realm="larabot"')


def problem_of(refusal: Refusal, language: Language, instance: str) -> dict[str, Any]:
    """The members of the problem document; `instance` is an opaque id that is also in our log."""
    text = TEXTS[refusal.kind.value][language.value]
    problem: dict[str, Any] = {
        "type": f"/problems/{refusal.kind.value}",
        "title": text["title"],
        "status": STATUS[refusal.kind],
        "detail": text["detail"],
        "instance": instance,
    }
    if refusal.reason:
        problem["reason"] = refusal.reason
    problem = {**refusal.members, **problem}
    if refusal.kind in RETRYABLE:
        problem.setdefault("retry_after_seconds", RETRY_AFTER_SECONDS)
    return problem


def response_of(refusal: Refusal, language: Language, instance: str) -> HttpResponse:
    """The problem document as an HTTP response."""
    problem = problem_of(refusal, language, instance)
    fields: Fields = [MEDIA_TYPE, (b"content-language", language.value.encode()), NO_STORE]
    if "retry_after_seconds" in problem:
        fields.append((b"retry-after", str(problem["retry_after_seconds"]).encode()))
    if refusal.kind is ErrorKind.RATE_LIMITED:
        fields += rate_limit_fields(problem)
    if refusal.kind is ErrorKind.UNAUTHENTICATED:
        fields.append(CHALLENGE)
    return HttpResponse(problem["status"], fields, orjson.dumps(problem))


def rate_limit_fields(problem: dict[str, Any]) -> Fields:
    """The header fields of a limit that is reached; one that states no figures means: one try per wait."""
    name, wait = problem.get("reason", "default"), problem["retry_after_seconds"]
    quota, window = problem.get("limit", 1), problem.get("window_seconds", wait)
    return [
        (b"ratelimit", f'"{name}";r=0;t={wait}'.encode()),
        (b"ratelimit-policy", f'"{name}";q={quota};w={window}'.encode()),
    ]
