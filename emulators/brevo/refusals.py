"""Brevo's errors: a code and a message, raised by the work and turned into answers at the edge."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from aiohttp import web

CODES: dict[int, tuple[str, str]] = {
    400: ("invalid_parameter", "Invalid parameter"),
    401: ("unauthorized", "Key not found"),
    402: ("not_enough_credits", "You do not have enough credits"),
    403: ("permission_denied", "Permission denied"),
    404: ("document_not_found", "Resource not found"),
    405: ("method_not_allowed", "Method not allowed"),
    429: ("too_many_requests", "Too many requests"),
}


class Refusal(Exception):
    def __init__(self, status: int, code: str, message: str, metadata: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.content: dict[str, Any] = {"code": code, "message": message}
        if metadata is not None:
            self.content["metadata"] = metadata

    def answer(self) -> web.Response:
        return web.json_response(self.content, status=self.status)


def refuse(status: int) -> web.Response:
    code, message = CODES.get(status, ("internal_error", HTTPStatus(status).phrase))
    return Refusal(status, code, message).answer()


def invalid(message: str) -> Refusal:
    return Refusal(400, "invalid_parameter", message)


def missing(name: str) -> Refusal:
    return Refusal(400, "missing_parameter", f"{name} is missing")


def not_found(what: str) -> Refusal:
    return Refusal(404, "document_not_found", f"{what} does not exist")


def checked(body: Any, known: Iterable[str], needed: Iterable[str] = ()) -> dict[str, Any]:
    """The body, if it is an object of known keys with every needed one."""
    if not isinstance(body, dict):
        raise Refusal(400, "bad_request", "Input must be a valid JSON object")
    for name in needed:
        if body.get(name) in (None, "", []):
            raise missing(name)
    unknown = sorted(set(body) - set(known))
    if unknown:
        raise invalid(f"{unknown[0]} is not a known parameter")
    return body
