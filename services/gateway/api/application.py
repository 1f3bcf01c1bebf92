"""The FastAPI application: every route of the contract table, and those that are written by hand."""

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from contracts.errors import ErrorKind, Refusal
from services.gateway.api.contract_routes import ContractRoutes
from services.gateway.api.http_request import OURS, HttpRequest, request_of
from services.gateway.api.http_response import HttpResponse
from services.gateway.api.pages import Pages, may_be_page
from services.gateway.api.problems import response_of
from services.gateway.api.readiness import Readiness
from services.gateway.api.route_table import RouteTable
from services.gateway.api.vendor_calls import VendorCalls

PAGE = "/{page:path}"


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes are served by."""

    contracts: ContractRoutes
    pages: Pages
    readiness: Readiness
    vendors: VendorCalls


class Application(FastAPI):
    """FastAPI, with the routes of the contract table in front: they need none of what it does between and for them."""

    def __init__(self, contracts: RouteTable) -> None:
        super().__init__(openapi_url=None, docs_url=None, redoc_url=None)
        self.contracts = contracts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            request: HttpRequest = scope[OURS]
            found = self.contracts.find(request.method, request.path)
            if found is not None:
                request.route, request.parameters = found.template, found.parameters
                await found.endpoint(request, send)
                return
        await super().__call__(scope, receive, send)


def application(parts: Parts) -> Application:
    """Put the routes together; the web app's catch-all comes last."""
    app = Application(RouteTable(parts.contracts))
    app.router.routes.extend(by_hand(parts))
    # Whatever is an ASGI application will do as an answer, whatever the annotation says.
    app.add_exception_handler(HTTPException, _as_problem)  # type: ignore[arg-type] # see above
    app.add_exception_handler(Exception, _as_fault)  # type: ignore[arg-type] # as above
    return app


class NamedRoute(Route):
    """Leaves its template with the request, for the visit data: a path itself may hold what is nobody's business."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or refuse the method."""
        scope[OURS].route = self.path
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


async def _as_problem(request: Request, error: HTTPException) -> HttpResponse:  # noqa: ARG001 — a handler's shape
    allowed = methods_at(request)
    if request.method in allowed:  # so it is the address that leads nowhere
        allowed = set()
    kind = ErrorKind.METHOD_NOT_ALLOWED if allowed else ErrorKind.NOT_FOUND
    response = problem_for(request, Refusal(kind))
    if allowed:
        response.fields.append((b"allow", ", ".join(sorted(allowed)).encode()))
    return response


def methods_at(request: Request) -> set[str]:
    """What an address can be asked by: by its own routes, else as a page of the web app, where pages can be."""
    path = request.scope["path"]
    contracted: set[str] = request.app.contracts.methods(path)
    matching = [
        route
        for route in request.app.router.routes
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
    ]
    if not may_be_page(path.removeprefix("/")):
        matching = [route for route in matching if route.path != PAGE]
    return contracted | {method for route in matching for method in route.methods or ()}


async def _as_fault(request: Request, error: Exception) -> HttpResponse:  # noqa: ARG001 — a handler's shape
    """A bug: what surrounds the application logs it."""
    return problem_for(request, Refusal(ErrorKind.INTERNAL))


def problem_for(request: Request, refusal: Refusal) -> HttpResponse:
    """A refusal as the answer to a request that came through the router."""
    ours = request_of(request)
    return response_of(refusal, ours.language, ours.instance)
