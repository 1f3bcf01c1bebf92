"""The refusals that several use cases share; each says as little as possible."""

from contracts.errors import ErrorKind, Refusal


def login_failed() -> Refusal:
    """Wrong, unknown, unconfirmed, blocked: all alike."""
    return Refusal(ErrorKind.UNAUTHENTICATED, "login-failed")


def not_signed_in() -> Refusal:
    """No session, or none that lives."""
    return Refusal(ErrorKind.UNAUTHENTICATED, "no-session")


def link_used_up() -> Refusal:
    """A mailed link that is used, expired or was never sent: all alike."""
    return Refusal(ErrorKind.GONE, "link-used-up")


def too_many_guesses(wait_seconds: int) -> Refusal:
    """Wait before trying again."""
    return Refusal(ErrorKind.RATE_LIMITED, "too-many-guesses", retry_after_seconds=wait_seconds)


def weak_password(code: str) -> Refusal:
    """A password that is refused, with the rule that it breaks."""
    return Refusal(ErrorKind.INVALID, code, errors=[{"field": "password", "code": code, "detail": _DETAILS[code]}])


_DETAILS = {
    "password-too-short": "at least 15 characters",
    "password-too-long": "at most 128 characters",
    "password-common": "on the list of widely known passwords",
    "password-personal": "the same as the name or the address",
}
