"""The FastAPI application: every route of the contract table, and those that are written by hand."""

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.errors import ErrorKind, Refusal
from contracts.registry import ROUTES
from services.gateway.api.contract_routes import ContractRoutes
from services.gateway.api.language import language_of
from services.gateway.api.pages import NO_PAGES, Pages
from services.gateway.api.problems import response_of
from services.gateway.api.readiness import Readiness
from services.gateway.api.vendor_calls import VendorCalls

NOT_ALLOWED = 405


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
            for path in filter(None, (call.http.path, call.http.also)):
                app.router.routes.append(Route(path, endpoint, methods=[call.http.method], name=call.subject))
    app.router.routes.extend(by_hand(parts))
    app.add_exception_handler(HTTPException, _as_problem)  # type: ignore[arg-type] # starlette's own signature
    app.add_exception_handler(Exception, _as_fault)
    return app


def by_hand(parts: Parts) -> list[Route]:
    """The routes that no contract declares."""
    pages, vendors = parts.pages, parts.vendors
    return [
        Route("/healthz", parts.readiness.healthz),
        Route("/readyz", parts.readiness.readyz),
        Route("/api/openapi.json", pages.openapi),
        Route("/api/docs", pages.docs),
        Route("/webhooks/brevo/marketing", vendors.brevo, methods=["POST"]),
        Route("/webhooks/brevo/transactional", vendors.brevo, methods=["POST"]),
        Route("/newsletter/unsubscribe/{token}", vendors.unsubscribe, methods=["POST"]),
        Route("/.well-known/security.txt", pages.security_txt),
        Route("/.well-known/change-password", pages.change_password),
        Route("/.well-known/gpc.json", pages.gpc),
        Route("/{page:path}", pages.app),
    ]


async def _as_problem(request: Request, error: HTTPException) -> Response:
    # Where the web app's catch-all was the only route, no other method would find anything either.
    is_nowhere = request.path_params.get("page", "").startswith(NO_PAGES)
    is_method = error.status_code == NOT_ALLOWED and not is_nowhere
    kind = ErrorKind.METHOD_NOT_ALLOWED if is_method else ErrorKind.NOT_FOUND
    return response_of(Refusal(kind), language_of(request), request.scope["larabot.instance"])


async def _as_fault(request: Request, error: Exception) -> Response:  # noqa: ARG001 — a handler's shape
    """A bug: what surrounds the application logs it."""
    return response_of(Refusal(ErrorKind.INTERNAL), language_of(request), request.scope["larabot.instance"])
