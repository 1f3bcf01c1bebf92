"""Who may reach which HTTP route: the table that policies/access.json keeps as the expectation.

Routes of the contract table first; then those that the gateway answers by hand, since they are neither a call
nor a stream: files, probes, vendors' call-backs.
"""

from dataclasses import dataclass
from typing import Any

from contracts.envelope import Audience
from contracts.registry import ROUTES
from contracts.table import Http, Method


@dataclass(frozen=True, slots=True, kw_only=True)
class HandWritten:
    """A route of the gateway's own: what it answers, without a contract behind it."""

    name: str
    method: Method
    path: str
    summary: str
    media_type: str | None = "application/json"
    status: int = 200
    audience: Audience = Audience.VISITOR


HAND_WRITTEN: tuple[HandWritten, ...] = (
    HandWritten(name="alive", method="GET", path="/healthz", summary="Whether the process is alive"),
    HandWritten(name="ready", method="GET", path="/readyz", summary="Whether bus, services and migrations are ready"),
    HandWritten(name="openapi", method="GET", path="/api/openapi.json", summary="This document"),
    HandWritten(name="docs", method="GET", path="/api/docs", summary="This document as a page", media_type="text/html"),
    HandWritten(
        name="personal_data_schema", method="GET", path="/schemas/personal-data-v1.json",
        summary="The JSON Schema of everything that a person can take along",
    ),
    HandWritten(
        name="one_click_unsubscribe", method="POST", path="/newsletter/unsubscribe/{token}",
        summary="Unsubscribe in one click, as mail clients do it (RFC 8058)", media_type="text/plain",
    ),
    HandWritten(
        name="brevo_marketing", method="POST", path="/webhooks/brevo/marketing", status=200, media_type=None,
        audience=Audience.WEBHOOK, summary="Brevo tells what became of a newsletter or a contact",
    ),
    HandWritten(
        name="brevo_transactional", method="POST", path="/webhooks/brevo/transactional", status=200, media_type=None,
        audience=Audience.WEBHOOK, summary="Brevo tells what became of a mail",
    ),
    HandWritten(
        name="security_txt", method="GET", path="/.well-known/security.txt", media_type="text/plain",
        summary="Where to report a weakness (RFC 9116)",
    ),
    HandWritten(
        name="change_password_page", method="GET", path="/.well-known/change-password", status=303, media_type=None,
        summary="Go to the page that changes the password",
    ),
    HandWritten(
        name="gpc", method="GET", path="/.well-known/gpc.json",
        summary="That Global Privacy Control is honoured",
    ),
)  # fmt: skip


def access_document() -> dict[str, Any]:
    """By audience and route: the purpose it needs, and whether the gateway demands the CSRF header."""
    table: dict[str, dict[str, Any]] = {audience.value: {} for audience in Audience}
    for call in ROUTES:
        if call.http is not None:
            table[call.http.audience][f"{call.http.method} {call.http.path}"] = {
                "owner": call.owner,
                "purpose": call.http.purpose,
                "csrf": needs_csrf_header(call.http),
            }
    for route in HAND_WRITTEN:
        table[route.audience][f"{route.method} {route.path}"] = {"owner": "gateway", "purpose": None, "csrf": False}
    return {audience: dict(sorted(routes.items())) for audience, routes in table.items()}


def needs_csrf_header(http: Http) -> bool:
    """State-changing routes of a browser carry `X-Requested-By`."""
    return http.csrf and http.method != "GET" and http.audience is not Audience.WEBHOOK
