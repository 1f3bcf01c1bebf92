"""The FastAPI application: every route of the contract table, and those that are written by hand."""

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from contracts.errors import ErrorKind, Refusal
from contracts.registry import ROUTES
from services.gateway.api.contract_routes import ContractRoutes
from services.gateway.api.language import language_of
from services.gateway.api.pages import Pages, may_be_page
from services.gateway.api.problems import response_of
from services.gateway.api.readiness import Readiness
from services.gateway.api.vendor_calls import VendorCalls

PAGE = "/{page:path}"


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes are served by."""

    contracts: ContractRoutes
    pages: Pages
    readiness: Readiness
    vendors: VendorCalls


def application(parts: Parts) -> FastAPI:
    """Put the routes together; the web app's catch-all comes last."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    # Paths without parameters first: /api/text/tools is no tool.
    for call in sorted(ROUTES, key=lambda route: "{" in (route.http.path if route.http else "")):
        if call.http is not None:
            endpoint = parts.contracts.endpoint(call, call.http)
            for path in filter(None, (call.http.path, call.http.alias)):
                app.router.routes.append(NamedRoute(path, endpoint, methods=[call.http.method], name=call.subject))
    app.router.routes.extend(by_hand(parts))
    app.add_exception_handler(HTTPException, _as_problem)  # type: ignore[arg-type] # starlette's own signature
    app.add_exception_handler(Exception, _as_fault)
    return app


class NamedRoute(Route):
    """Leaves its template with the request, for the visit data: a path itself may hold what is nobody's business."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or refuse the method."""
        scope["larabot.route"] = self.path
        await super().handle(scope, receive, send)


def by_hand(parts: Parts) -> list[Route]:
    """The routes that no contract declares."""
    pages, vendors = parts.pages, parts.vendors
    return [
        NamedRoute("/healthz", parts.readiness.healthz),
        NamedRoute("/readyz", parts.readiness.readyz),
        NamedRoute("/api/openapi.json", pages.openapi),
        NamedRoute("/api/docs", pages.docs),
        NamedRoute("/schemas/personal-data-v1.json", pages.personal_data_schema),
        NamedRoute("/webhooks/brevo/marketing", vendors.brevo, methods=["POST"]),
        NamedRoute("/webhooks/brevo/transactional", vendors.brevo, methods=["POST"]),
        NamedRoute("/newsletter/unsubscribe/{token}", vendors.unsubscribe, methods=["POST"]),
        NamedRoute("/.well-known/security.txt", pages.security_txt),
        NamedRoute("/.well-known/change-password", pages.change_password),
        NamedRoute("/.well-known/gpc.json", pages.gpc),
        NamedRoute("/problems/{kind}", pages.problem),
        NamedRoute(PAGE, pages.app),
    ]


async def _as_problem(request: Request, error: HTTPException) -> Response:  # noqa: ARG001 — a handler's shape
    allowed = methods_at(request)
    if request.method in allowed:  # so it is the address that leads nowhere
        allowed = set()
    kind = ErrorKind.METHOD_NOT_ALLOWED if allowed else ErrorKind.NOT_FOUND
    response = response_of(Refusal(kind), language_of(request), request.scope["larabot.instance"])
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def methods_at(request: Request) -> set[str]:
    """What an address can be asked by: by its own routes, else as a page of the web app, where pages can be."""
    matching = [
        route
        for route in request.app.router.routes
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
    ]
    if not may_be_page(request.scope["path"].removeprefix("/")):
        matching = [route for route in matching if route.path != PAGE]
    return {method for route in matching for method in route.methods or ()}


async def _as_fault(request: Request, error: Exception) -> Response:  # noqa: ARG001 — a handler's shape
    """A bug: what surrounds the application logs it."""
    return response_of(Refusal(ErrorKind.INTERNAL), language_of(request), request.scope["larabot.instance"])
