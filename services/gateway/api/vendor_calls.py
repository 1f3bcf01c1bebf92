"""Routes that vendors and mail programs call: Brevo's webhooks and the one-click unsubscribe of RFC 8058."""

import orjson
from starlette.requests import Request

from chassis.bus import Bus
from contracts.envelope import Caller, Envelope
from contracts.errors import ErrorKind, Refusal
from contracts.newsletter import BREVO_CALLBACK, UNSUBSCRIBE
from contracts.table import AnyCall, Limit
from services.gateway.adapters.day_secrets import DaySecrets
from services.gateway.adapters.limits import RateLimits
from services.gateway.api.admission import LimitReached
from services.gateway.api.http_request import request_of
from services.gateway.api.http_response import NO_STORE, HttpResponse
from services.gateway.api.problems import response_of
from services.gateway.domain import network_of

BEARER = "Bearer "


class VendorCalls:
    """Answers those who cannot send our CSRF header; each proves itself by a secret of its own."""

    def __init__(self, bus: Bus, limits: RateLimits, pseudonyms: DaySecrets) -> None:
        self._bus = bus
        self._limits = limits
        self._pseudonyms = pseudonyms

    async def brevo(self, request: Request) -> HttpResponse:
        """Take Brevo's events: 200 once they are stored, 429 when they cannot be (Brevo then tries again)."""
        try:
            body = await request_of(request).body()
            bearer = request.headers.get("authorization", "").removeprefix(BEARER)[:200]
            await self._ask(request, BREVO_CALLBACK, {"bearer": bearer, "body": _text(body)})
        except Refusal as refusal:
            if refusal.kind in {ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT, ErrorKind.INTERNAL}:
                refusal = Refusal(ErrorKind.RATE_LIMITED, "try-again", retry_after_seconds=60)
            return _problem(refusal, request)
        return HttpResponse(200)

    async def unsubscribe(self, request: Request) -> HttpResponse:
        """Unsubscribe at one click of a mail program; the form body that RFC 8058 sends is not looked at."""
        try:
            pseudonym = self._pseudonyms.of_address(network_of(request_of(request).address))
            passed, rate_limit = self._limits.spend(Limit.MAIL, pseudonym)
            if not passed:
                raise LimitReached(rate_limit)
            await self._ask(request, UNSUBSCRIBE, {"token": request.path_params["token"]})
        except Refusal as refusal:
            return _problem(refusal, request)
        return HttpResponse(200, [NO_STORE])

    async def _ask(self, request: Request, call: AnyCall, members: dict[str, object]) -> None:
        envelope = Envelope(caller=Caller(service="gateway", language=request_of(request).language))
        await self._bus.request(call, envelope, orjson.dumps(members))


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Refusal(ErrorKind.MALFORMED, "json") from None


def _problem(refusal: Refusal, request: Request) -> HttpResponse:
    ours = request_of(request)
    return response_of(refusal, ours.language, ours.instance)
