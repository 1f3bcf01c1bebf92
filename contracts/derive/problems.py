"""Problem documents (RFC 9457) in OpenAPI: which refusals a route may answer, and their shape."""

from collections.abc import Iterable
from typing import Any

from contracts.envelope import Audience
from contracts.errors import STATUS, ErrorKind
from contracts.table import Http

JsonObject = dict[str, Any]

ANYWHERE = (
    ErrorKind.RATE_LIMITED,
    ErrorKind.INTERNAL,
    ErrorKind.UPSTREAM_FAILED,
    ErrorKind.UNAVAILABLE,
    ErrorKind.TIMEOUT,
)
OF_A_BODY = (ErrorKind.MALFORMED, ErrorKind.INVALID, ErrorKind.TOO_LARGE, ErrorKind.UNSUPPORTED_MEDIA_TYPE)

PROBLEM_SCHEMA: JsonObject = {
    "type": "object",
    "title": "Problem",
    "description": "A problem document. `type` is the address of a page that explains it in three languages.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "enum": [f"/problems/{kind.value}" for kind in ErrorKind]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "reason": {"type": "string", "description": "A fixed code of the service that refused"},
        "purpose": {"type": "string", "description": "The purpose that lacks consent"},
        "ways": {"type": "array", "items": {"type": "string"}, "description": "The ways to step up"},
        "retry_after_seconds": {"type": "number"},
        "errors": {"type": "array", "items": {"type": "object"}, "description": "Which members are invalid, and why"},
    },
}


def refusals_of(http: Http, *, has_body: bool, has_path: bool) -> list[ErrorKind]:
    """Every kind of refusal that a route may answer."""
    kinds = [*ANYWHERE, *http.refuses]
    if has_body:
        kinds += OF_A_BODY
    if has_path:
        kinds += [ErrorKind.NOT_FOUND, ErrorKind.GONE, ErrorKind.INVALID]
    if http.audience is not Audience.VISITOR:
        kinds.append(ErrorKind.UNAUTHENTICATED)
    if http.audience is Audience.FRESH_ACCOUNT:
        kinds.append(ErrorKind.STEP_UP_REQUIRED)
    if http.audience is Audience.STAFF:
        kinds.append(ErrorKind.FORBIDDEN)
    if http.purpose and not http.drop_without_consent:
        kinds.append(ErrorKind.CONSENT_REQUIRED)
    if http.method != "GET":
        kinds += [ErrorKind.CSRF, ErrorKind.CONFLICT]
    return kinds


def problem_responses(kinds: Iterable[ErrorKind]) -> JsonObject:
    """References to the shared responses, one per status, in order."""
    statuses = sorted({STATUS[kind] for kind in kinds})
    return {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in statuses}


def responses_component() -> JsonObject:
    """One shared response per status, named by it, and `Problem` for any other."""
    responses: JsonObject = {"Problem": response("Something else went wrong")}
    for status in sorted(set(STATUS.values())):
        kinds = sorted(kind.value for kind, of in STATUS.items() if of == status)
        responses[f"Problem{status}"] = response(", ".join(kinds))
    for status in (STATUS[ErrorKind.RATE_LIMITED], STATUS[ErrorKind.UNAVAILABLE]):
        responses[f"Problem{status}"]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return responses


def response(description: str) -> JsonObject:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {"application/problem+json": {"schema": schema}}}
