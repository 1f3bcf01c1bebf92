"""How requests, replies and refusals look as bytes on the bus."""

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from chassis.clock import Clock
from contracts.envelope import HEADER_ERROR, Envelope
from contracts.errors import ErrorKind, Refusal
from contracts.fields import UNSTORABLE, unstorable_members

Model = TypeVar("Model", bound=BaseModel)

NO_RESPONDERS = "503"
NOBODY_SERVES = "nobody-serves"
KINDS = frozenset(kind.value for kind in ErrorKind)
ERRORS_MAX = 20
NUL_ESCAPED = b"\\u0000"  # the only way in which JSON may hold it (RFC 8259, section 7)
SURROGATE_ESCAPED = re.compile(rb"\\u[dD][89a-fA-F]")
MESSAGE_BYTES_MAX = 248 * 1024  # the server takes 256 KiB with the headers, and hangs up on more


def encode_request(envelope: Envelope, body: bytes, within_seconds: float, clock: Clock) -> bytes:
    """Put the envelope's one line, with how long its caller waits, before the body."""
    line = envelope.model_dump_json(exclude_defaults=True)
    waits = f'"within_ms":{int(within_seconds * 1000)},"sent_ms":{clock.unix_milliseconds()}'
    return f"{line[:-1]},{waits}}}\n".encode() + body


def decode_request(data: bytes) -> tuple[Envelope, bytes]:
    """Take a request apart.

    Raises:
        Refusal: the envelope is none (the sender is not one of ours).
    """
    line, _, body = data.partition(b"\n")
    try:
        return Envelope.model_validate_json(line), body
    except ValidationError:
        raise Refusal(ErrorKind.MALFORMED, "envelope") from None


def parse(model: type[Model], parameters: Mapping[str, str], body: bytes, *, stored: bool = True) -> Model:
    """Validate a body, with the route's parameters as further members.

    `stored` is false for what no database may ever hold: what cannot be stored in one is no reason to refuse it.

    Raises:
        Refusal: malformed JSON, or members that are missing, unknown, wrong, or hold text that cannot be stored (with
            `errors`, without values).
    """
    merged = body or b"{}"
    if parameters:
        merged = _merged(parameters, merged)
    if stored and NUL_ESCAPED in merged:
        _refuse_unstorable(merged)
    try:
        return model.model_validate_json(merged, strict=True)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        if details[0]["type"] == "json_invalid":
            _refuse_unstorable(merged)
            raise Refusal(ErrorKind.MALFORMED, "json") from None
        errors = [
            {"field": _named(e["loc"]), "code": e["type"], "detail": e["msg"][:200]} for e in details[:ERRORS_MAX]
        ]
        raise Refusal(ErrorKind.INVALID, "fields", errors=errors) from None


def _refuse_unstorable(body: bytes) -> None:
    """Refuse text that cannot be stored by the name of its member; any engine would fail on it, or only some.

    Pydantic and orjson read a lone surrogate as malformed JSON and do not say where; the grammar allows it (RFC 8259,
    section 8.2), and Python's reader takes it.
    """
    if NUL_ESCAPED not in body and not SURROGATE_ESCAPED.search(body):
        return
    try:
        content = json.loads(body, parse_int=str)  # a number of thousands of digits must not end the search
        places = list(unstorable_members(content))[:ERRORS_MAX]
    except (ValueError, RecursionError):
        return  # malformed in another way, too
    if places:
        errors = [
            {"field": _named(place), "code": "unstorable_character", "detail": "holds U+0000 or half a character"}
            for place in places
        ]
        raise Refusal(ErrorKind.INVALID, "fields", errors=errors)


def _named(place: tuple[str | int, ...]) -> str:
    return UNSTORABLE.sub("\ufffd", ".".join(str(part) for part in place))[:100]


def _merged(parameters: Mapping[str, str], body: bytes) -> bytes:
    try:
        members = orjson.loads(body)
    except orjson.JSONDecodeError:
        _refuse_unstorable(body)
        raise Refusal(ErrorKind.MALFORMED, "json") from None
    if not isinstance(members, dict):
        raise Refusal(ErrorKind.INVALID, "fields", errors=[{"field": "", "code": "object", "detail": "an object"}])
    doubled = sorted(set(members) & set(parameters))
    if doubled:
        errors = [{"field": name, "code": "in-path", "detail": "stands in the address already"} for name in doubled]
        raise Refusal(ErrorKind.INVALID, "fields", errors=errors)
    return orjson.dumps({**members, **parameters})


def encode_refusal(refusal: Refusal) -> tuple[dict[str, str], bytes]:
    """Headers and body of a refusal."""
    body = orjson.dumps({"reason": refusal.reason, "members": refusal.members})
    return {HEADER_ERROR: refusal.kind.value}, body


def raise_if_refused(headers: Mapping[str, str], body: bytes) -> None:
    """Raise what the other side refused with.

    Raises:
        Refusal: the reply is one, or nobody serves the subject.
    """
    if headers.get("Status") == NO_RESPONDERS:
        raise Refusal(ErrorKind.UNAVAILABLE, NOBODY_SERVES, retry_after_seconds=1)
    kind = headers.get(HEADER_ERROR)
    if kind is not None:
        raise _refusal(kind, orjson.loads(body))


def refusal_as_bytes(refusal: Refusal) -> bytes:
    """A refusal in one piece, as it ends a streamed reply."""
    return orjson.dumps({"kind": refusal.kind.value, "reason": refusal.reason, "members": refusal.members})


def refusal_from_bytes(data: bytes) -> Refusal:
    """The refusal in it.

    Raises:
        ValueError: there is none.
    """
    content = orjson.loads(data)
    if not isinstance(content, dict) or not {"kind", "reason", "members"} <= content.keys():
        raise ValueError("no refusal")
    return _refusal(content["kind"], content)


def _refusal(kind: str, content: dict[str, Any]) -> Refusal:
    known = ErrorKind(kind) if kind in KINDS else ErrorKind.INTERNAL  # a newer owner may know more kinds
    return Refusal(known, content["reason"], **content["members"])
