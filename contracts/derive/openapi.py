"""The OpenAPI 3.1 document of the HTTP face, from the routes of the contract table."""

import re
from typing import Any

from contracts.auth import SESSION_COOKIE
from contracts.derive.access import HAND_WRITTEN, HandWritten, needs_csrf_header
from contracts.derive.problems import problem_responses, refusals_of, responses_component
from contracts.derive.schemas import Schemas
from contracts.dsar import CASE, CERTIFICATE, PACKAGE
from contracts.envelope import Audience
from contracts.fields import IDEMPOTENCY_KEY_MAX
from contracts.registry import ROUTES
from contracts.table import AnyCall, Http, Stream

VERSION = "1.0.0"
DESCRIPTION = """Errors are problem documents (RFC 9457). Unknown members of a body are refused with 422. Texts are
in the language of `Accept-Language`: sv, nb or en. A limit that is reached answers 429 with `Retry-After`."""
SSE = """A stream of server-sent events: `delta` with `{"text": …}` any number of times, `usage` once with counts,
then either `done` with `{"finish_reason": …}` or `error` with a problem document. A stream that ends without one of
the last two was cut off. Closing the connection cancels the work."""

SESSION, CASE_SECRET, WEBHOOK_TOKEN = "session", "case_secret", "webhook_token"  # names of schemes
# Reached without login by whoever was given the case's secret.
REACHED_BY_SECRET = frozenset({CASE.subject, CERTIFICATE.subject})

JsonObject = dict[str, Any]

PAGE: JsonObject = {"text/html": {"schema": {"type": "string"}}}
# Chosen by `Accept`, beside the media type of the contract.
OTHER_FORMS: dict[str, JsonObject] = {
    CERTIFICATE.subject: PAGE,
    PACKAGE.subject: {"application/json": {"schema": {"type": "object"}}, **PAGE},
}


def openapi_document() -> JsonObject:
    """The whole document; the same table gives the same bytes."""
    schemas = Schemas()
    paths: dict[str, JsonObject] = {}
    for call in ROUTES:
        if call.http is not None:
            paths.setdefault(call.http.path, {})[call.http.method.lower()] = operation(call, call.http, schemas)
    for route in HAND_WRITTEN:
        paths.setdefault(route.path, {})[route.method.lower()] = hand_written_operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Larabot",
            "version": VERSION,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas.components(),
            "responses": responses_component(),
            "securitySchemes": security_schemes(),
        },
    }


def operation(call: AnyCall, http: Http, schemas: Schemas) -> JsonObject:
    """One route of the contract table."""
    in_path = path_parameters(http.path)
    described: JsonObject = {
        "operationId": f"{call.owner}_{call.name}",
        "summary": http.summary,
        "tags": [call.owner],
        "x-audience": http.audience.value,
        "x-limit": http.limit.value,
    }
    if http.purpose:
        described["x-consent-purpose"] = http.purpose
    parameters = [schemas.parameter(call.request, name, "path") for name in in_path]
    if http.method in {"GET", "DELETE"}:
        parameters += [schemas.parameter(call.request, name, "query") for name in rest_of(call, in_path)]
    elif rest_of(call, in_path):
        body = schemas.body_reference(call.request, without=in_path)
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    parameters += header_parameters(http)
    if parameters:
        described["parameters"] = parameters
    refused = refusals_of(http, has_body="requestBody" in described, has_path=bool(in_path))
    described["responses"] = {str(http.status): success(call, http, schemas), **problem_responses(refused)}
    described["security"] = security(call, http)
    return described


def hand_written_operation(route: HandWritten) -> JsonObject:
    """One route of the gateway's own."""
    answer: JsonObject = {"description": route.summary}
    if route.media_type:
        schema = {"type": "object"} if route.media_type == "application/json" else {"type": "string"}
        answer["content"] = {route.media_type: {"schema": schema}}
    described: JsonObject = {
        "operationId": f"gateway_{route.name}",
        "summary": route.summary,
        "tags": ["gateway"],
        "x-audience": route.audience.value,
        "responses": {str(route.status): answer, "default": {"$ref": "#/components/responses/Problem"}},
        "security": [{WEBHOOK_TOKEN: []}] if route.audience is Audience.WEBHOOK else [{}],
    }
    if parameters := [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "maxLength": 200}}
        for name in path_parameters(route.path)
    ]:
        described["parameters"] = parameters
    return described


def path_parameters(path: str) -> list[str]:
    """The names in braces."""
    return re.findall(r"{(\w+)}", path)


def rest_of(call: AnyCall, in_path: list[str]) -> list[str]:
    """The request's members that do not stand in the path."""
    return [name for name in call.request.model_fields if name not in in_path]


def header_parameters(http: Http) -> list[JsonObject]:
    """The headers that a caller must or may send."""
    headers: list[JsonObject] = []
    if needs_csrf_header(http):
        headers.append(header("X-Requested-By", required=True, schema={"type": "string", "const": "larabot"}))
    if http.creates:
        key = {"type": "string", "maxLength": IDEMPOTENCY_KEY_MAX}
        headers.append(header("Idempotency-Key", required=False, schema=key))
    return headers


def header(name: str, *, required: bool, schema: JsonObject) -> JsonObject:
    return {"name": name, "in": "header", "required": required, "schema": schema}


def success(call: AnyCall, http: Http, schemas: Schemas) -> JsonObject:
    """What is answered when all goes well."""
    answer: JsonObject = {"description": "Done"}
    if http.sets_cookie:
        answer["headers"] = {"Set-Cookie": {"schema": {"type": "string"}}}
    if not http.empty:
        answer["content"] = content(call, schemas)
    return answer


def content(call: AnyCall, schemas: Schemas) -> JsonObject:
    """The bodies of a success: JSON, a stream of events, or a file."""
    if not isinstance(call, Stream):
        return {"application/json": {"schema": schemas.reference(call.reply)}}
    if call.media_type == "text/event-stream":
        return {
            call.media_type: {"schema": {"type": "string", "description": SSE}},
            "application/json": {"schema": schemas.reference(call.reply)},
        }
    kind = "object" if call.media_type == "application/json" else "string"
    forms: JsonObject = {call.media_type: {"schema": {"type": kind}}}
    return forms | OTHER_FORMS.get(call.subject, {})


def security(call: AnyCall, http: Http) -> list[JsonObject]:
    """Any one of these is enough; `{}` means that none is needed."""
    if call.subject in REACHED_BY_SECRET:
        return [{SESSION: []}, {CASE_SECRET: []}]
    if http.audience is Audience.VISITOR:
        return [{}, {SESSION: []}]
    return [{SESSION: []}]


def security_schemes() -> JsonObject:
    return {
        SESSION: {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
        CASE_SECRET: {"type": "apiKey", "in": "header", "name": "X-Case-Secret"},
        WEBHOOK_TOKEN: {"type": "http", "scheme": "bearer"},
    }
