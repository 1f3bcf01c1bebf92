"""The closed list of refusals that cross the bus, and the HTTP status that each becomes at the gateway.

Refusal
 └ carries an ErrorKind, optional typed members (purpose, retry_after_seconds, errors …), never free text
   about a person. Anything else that is raised is a bug: it becomes ErrorKind.INTERNAL and is logged by
   type and place only.
"""

from enum import StrEnum
from typing import Any


class ErrorKind(StrEnum):
    """One kind per thing that a caller can do about it; the value is the last part of the problem type."""

    MALFORMED = "malformed"
    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    CSRF = "csrf"
    CONSENT_REQUIRED = "consent-required"
    STEP_UP_REQUIRED = "step-up-required"
    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    CONFLICT = "conflict"
    GONE = "gone"
    TOO_LARGE = "too-large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type"
    RANGE_NOT_SATISFIABLE = "range-not-satisfiable"
    CONTENT_FILTERED = "content-filtered"
    RATE_LIMITED = "rate-limited"
    INTERNAL = "internal"
    UPSTREAM_FAILED = "upstream-failed"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"


STATUS: dict[ErrorKind, int] = {
    ErrorKind.MALFORMED: 400,
    ErrorKind.INVALID: 422,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.CSRF: 403,
    ErrorKind.CONSENT_REQUIRED: 403,
    ErrorKind.STEP_UP_REQUIRED: 403,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.METHOD_NOT_ALLOWED: 405,
    ErrorKind.CONFLICT: 409,
    ErrorKind.GONE: 410,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.UNSUPPORTED_MEDIA_TYPE: 415,
    ErrorKind.RANGE_NOT_SATISFIABLE: 416,
    ErrorKind.CONTENT_FILTERED: 422,
    ErrorKind.RATE_LIMITED: 429,
    ErrorKind.INTERNAL: 500,
    ErrorKind.UPSTREAM_FAILED: 502,
    ErrorKind.UNAVAILABLE: 503,
    ErrorKind.TIMEOUT: 504,
}

RETRYABLE = frozenset({ErrorKind.RATE_LIMITED, ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT})


class Refusal(Exception):
    """A service says no. `reason` is a fixed code of the owner (`password-too-short`), never a sentence.

    `members` are the typed members of the problem document: JSON values without personal data.
    """

    def __init__(self, kind: ErrorKind, reason: str = "", **members: Any) -> None:
        super().__init__(kind.value)
        self.kind = kind
        self.reason = reason
        self.members = members
