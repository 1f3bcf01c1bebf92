"""Routes that vendors and mail programs call: Brevo's webhooks and the one-click unsubscribe of RFC 8058."""

import orjson
from starlette.requests import Request
from starlette.responses import Response

from chassis.bus import Bus
from contracts.envelope import Caller, Envelope
from contracts.errors import ErrorKind, Refusal
from contracts.newsletter import BREVO_CALLBACK, UNSUBSCRIBE
from contracts.table import Call, Limit
from services.gateway.adapters.limits import RateLimits
from services.gateway.api.admission import LimitReached, address_of
from services.gateway.api.bodies import read_body
from services.gateway.api.language import language_of
from services.gateway.api.problems import response_of
from services.gateway.domain import network_of
from services.gateway.ports import Pseudonyms

BEARER = "Bearer "


class VendorCalls:
    """Answers those who cannot send our CSRF header; each proves itself by a secret of its own."""

    def __init__(self, bus: Bus, limits: RateLimits, pseudonyms: Pseudonyms) -> None:
        self._bus = bus
        self._limits = limits
        self._pseudonyms = pseudonyms

    async def brevo(self, request: Request) -> Response:
        """Take Brevo's events: 200 once they are stored, 429 when they cannot be (Brevo then tries again)."""
        try:
            body = await read_body(request)
            bearer = request.headers.get("authorization", "").removeprefix(BEARER)[:200]
            await self._ask(request, BREVO_CALLBACK, {"bearer": bearer, "body": _text(body)})
        except Refusal as refusal:
            if refusal.kind in {ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT, ErrorKind.INTERNAL}:
                refusal = Refusal(ErrorKind.RATE_LIMITED, "try-again", retry_after_seconds=60)
            return _problem(refusal, request)
        return Response(status_code=200)

    async def unsubscribe(self, request: Request) -> Response:
        """Unsubscribe at one click of a mail program; the form body that RFC 8058 sends is not looked at."""
        try:
            pseudonym = self._pseudonyms.of_address(network_of(address_of(request)))
            passed, rate_limit = await self._limits.spend(Limit.MAIL, pseudonym)
            if not passed:
                raise LimitReached(rate_limit)
            await self._ask(request, UNSUBSCRIBE, {"token": request.path_params["token"]})
        except Refusal as refusal:
            return _problem(refusal, request)
        return Response(status_code=200, headers={"Cache-Control": "no-store"})

    async def _ask(self, request: Request, call: Call, members: dict[str, object]) -> None:
        envelope = Envelope(caller=Caller(service="gateway", language=language_of(request)))
        await self._bus.request(call, envelope, orjson.dumps(members))


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Refusal(ErrorKind.MALFORMED, "json") from None


def _problem(refusal: Refusal, request: Request) -> Response:
    return response_of(refusal, language_of(request), request.scope["larabot.instance"])
