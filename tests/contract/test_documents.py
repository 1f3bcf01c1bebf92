"""OpenAPI and AsyncAPI: complete against the table, sound in their references, the same on every run."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.openapi.models import OpenAPI
from jsonschema import Draft202012Validator

from contracts.derive.asyncapi import asyncapi_document
from contracts.derive.openapi import openapi_document
from contracts.registry import CALLS, ROUTES, TABLE

OPENAPI = openapi_document()
ASYNCAPI = asyncapi_document()

# The public HTTP face: these names are fixed, clients and acceptance tests rely on them.
FIXED_ROUTES = """
GET /healthz
GET /readyz
GET /api/openapi.json
GET /api/docs
GET /api/policy
GET /api/policy/{version}/{lang}
GET /api/consent
PUT /api/consent
DELETE /api/consent
GET /api/consent/receipts
POST /api/auth/register
POST /api/auth/verify-email
POST /api/auth/login
POST /api/auth/logout
GET /api/auth/providers
POST /api/auth/password/forgot
POST /api/auth/password/reset
POST /api/auth/password/change
POST /api/auth/reauthenticate
GET /api/auth/sessions
DELETE /api/auth/sessions
DELETE /api/auth/sessions/{id}
GET /api/me
GET /api/text/tools
POST /api/text/{tool}
POST /api/speech/token
GET /api/speech/voices
POST /api/newsletter/subscriptions
POST /api/newsletter/subscriptions/confirm
POST /api/newsletter/subscriptions/unsubscribe
POST /newsletter/unsubscribe/{token}
GET /api/privacy/data
POST /api/privacy/requests
GET /api/privacy/requests
GET /api/privacy/requests/{id}
GET /api/privacy/requests/{id}/package
GET /api/privacy/requests/{id}/certificate
POST /api/privacy/lookups
POST /api/analytics/events
POST /webhooks/brevo/marketing
POST /webhooks/brevo/transactional
GET /.well-known/security.txt
GET /.well-known/change-password
GET /.well-known/gpc.json
""".strip().splitlines()


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in OPENAPI["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(target := node.get("$ref"), str):
            yield target
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolve(document: Any, reference: str) -> Any:
    node = document
    for token in reference.removeprefix("#/").split("/"):
        node = node[token.replace("~1", "/")]
    return node


@pytest.mark.parametrize("route", FIXED_ROUTES)
def test_a_fixed_route_is_in_the_document(route: str) -> None:
    assert route in dict(operations())


def test_every_route_of_the_table_is_in_the_document() -> None:
    expected = {f"{call.owner}_{call.name}" for call in ROUTES}
    assert expected <= {operation["operationId"] for _, operation in operations()}


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for _, operation in operations()]
    assert len(set(ids)) == len(ids)


def test_openapi_has_the_shape_that_openapi_demands() -> None:
    assert OpenAPI.model_validate(OPENAPI).openapi == "3.1.0"


@pytest.mark.parametrize("document", [OPENAPI, ASYNCAPI], ids=["openapi", "asyncapi"])
def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    targets = set(references(document))
    assert targets
    assert all(resolve(document, target) is not None for target in targets)


@pytest.mark.parametrize("document", [OPENAPI, ASYNCAPI], ids=["openapi", "asyncapi"])
def test_every_schema_is_a_json_schema(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    assert document["components"]["schemas"]


def test_parameters_of_the_path_are_declared_and_stand_nowhere_else() -> None:
    for route, operation in operations():
        declared = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
        assert declared == {part[1:-1] for part in route.split("/") if part.startswith("{")}
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if body:
            assert not declared & set(resolve(OPENAPI, body["$ref"])["properties"])


def test_state_changing_routes_of_a_browser_demand_the_header() -> None:
    for route, operation in operations():
        headers = {each["name"] for each in operation.get("parameters", []) if each["in"] == "header"}
        exempt = route.startswith("GET ") or operation["operationId"].startswith("gateway_")
        assert ("X-Requested-By" in headers) != exempt


def test_a_body_refuses_unknown_members() -> None:
    for _, operation in operations():
        if body := operation.get("requestBody"):
            schema = resolve(OPENAPI, body["content"]["application/json"]["schema"]["$ref"])
            assert schema["additionalProperties"] is False


def test_what_needs_a_fresh_proof_says_that_it_may_be_refused() -> None:
    fresh = [operation for _, operation in operations() if operation["x-audience"] == "fresh-account"]
    assert fresh
    assert all({"401", "403"} <= set(operation["responses"]) for operation in fresh)


def test_the_text_route_answers_as_events_or_as_json() -> None:
    answer = OPENAPI["paths"]["/api/text/{tool}"]["post"]["responses"]["200"]
    assert set(answer["content"]) == {"text/event-stream", "application/json"}


def test_every_message_of_the_bus_has_its_channel_and_its_two_sides() -> None:
    addresses = {channel["address"] for channel in ASYNCAPI["channels"].values()}
    assert {call.subject for call in CALLS} <= addresses
    for entry in TABLE:
        name = entry.subject.replace(".", "_")
        sides = {
            operation["action"]
            for operation in ASYNCAPI["operations"].values()
            if operation["channel"]["$ref"] == f"#/channels/{name}"
        }
        assert sides == {"send", "receive"}, name


def test_the_documents_are_the_same_every_time() -> None:
    assert openapi_document() == OPENAPI
    assert asyncapi_document() == ASYNCAPI
