"""Problem documents (RFC 9457): made here only, in the caller's language, from the kind of a refusal."""

import json
from pathlib import Path
from typing import Any

from starlette.responses import Response

from contracts.envelope import Language
from contracts.errors import RETRYABLE, STATUS, ErrorKind, Refusal

TEXTS: dict[str, dict[str, dict[str, str]]] = json.loads(Path("policies/problems.json").read_text())
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1


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


def response_of(refusal: Refusal, language: Language, instance: str) -> Response:
    """The problem document as an HTTP response."""
    problem = problem_of(refusal, language, instance)
    headers = {"Content-Language": language.value, "Cache-Control": "no-store"}
    if "retry_after_seconds" in problem:
        headers["Retry-After"] = str(problem["retry_after_seconds"])
    if refusal.kind is ErrorKind.RATE_LIMITED:
        headers.update(standing_of(problem))
    if refusal.kind is ErrorKind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = 'Cookie realm="larabot"'
    body = json.dumps(problem, ensure_ascii=False, separators=(",", ":"))
    return Response(body, status_code=problem["status"], headers=headers, media_type=MEDIA_TYPE)


def standing_of(problem: dict[str, Any]) -> dict[str, str]:
    """The header fields of a limit that is reached; one that states no figures means: one try per wait."""
    name, wait = problem.get("reason", "default"), problem["retry_after_seconds"]
    quota, window = problem.get("limit", 1), problem.get("window_seconds", wait)
    return {"RateLimit": f'"{name}";r=0;t={wait}', "RateLimit-Policy": f'"{name}";q={quota};w={window}'}
