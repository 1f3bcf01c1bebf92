"""Routes that the contract table declares: admit, pass the bytes on, answer with the owner's bytes.

Validation happens in the owner. What differs between routes stands in the table, not here.
"""

import asyncio

import orjson
from starlette.responses import Response
from starlette.types import Send

from chassis.bus import Answer, Bus
from contracts.envelope import HEADER_COOKIE, CookieToSet, Envelope
from contracts.errors import Refusal
from contracts.table import Account, AnyCall, AnyStream, Http, Stream
from services.gateway.adapters.repeats import Claimed, Repeats
from services.gateway.api.admission import Admission, Admitted
from services.gateway.api.http_request import HttpRequest
from services.gateway.api.http_response import JSON, NO_STORE, HttpResponse, cached
from services.gateway.api.leases import StreamLeases
from services.gateway.api.parameters import Parameters
from services.gateway.api.problems import response_of
from services.gateway.api.streaming import StreamAnswer

REPLAYED = (b"idempotency-replayed", b"true")


class ContractRoutes:
    """Serves every contract with an HTTP binding."""

    def __init__(
        self, admission: Admission, bus: Bus, content_bus: Bus, repeats: Repeats, leases: StreamLeases
    ) -> None:
        self.admission = admission
        self.buses = {Account.APP: bus, Account.CONTENT: content_bus}
        self.repeats = repeats
        self.leases = leases


class ContractEndpoint:
    """One contract; every refusal becomes a problem document."""

    def __init__(self, routes: ContractRoutes, call: AnyCall, http: Http) -> None:
        self._admission, self._repeats, self._leases = routes.admission, routes.repeats, routes.leases
        self._bus = routes.buses[call.account]
        self._call = call
        self._http = http
        self._parameters = Parameters(call, http)

    async def __call__(self, request: HttpRequest, send: Send) -> None:
        """Serve one request."""
        try:
            parameters = self._parameters.of(request)
            rate_limit = self._admission.begin(request, self._http)
            body = await request.body() if self._http.method != "GET" else b""
            # Only now: what held when the head came may have been withdrawn while the body was on its way.
            admitted = await self._admission.admit(request, self._http, rate_limit)
            envelope = Envelope(caller=admitted.caller, parameters=parameters)
            if isinstance(self._call, Stream):
                await self._stream(self._call, request, admitted, envelope, body, send)
                return
            response = await self._answer(request, admitted, envelope, body)
            response.fields += admitted.rate_limit.fields()
        except Refusal as refusal:
            response = response_of(refusal, request.language, request.instance)
        await response(request.scope, _nothing, send)

    async def _stream(
        self, call: AnyStream, request: HttpRequest, admitted: Admitted, envelope: Envelope, body: bytes, send: Send
    ) -> None:
        with self._leases.begin(request, admitted.caller, self._http.purpose) as lease:
            try:
                incoming = await self._bus.stream(call, envelope, body)
            except asyncio.CancelledError:
                if not lease.caused():
                    raise
                lease.check()
                return  # its reader left
            await StreamAnswer(request, lease, admitted.rate_limit, send).pass_on(incoming)

    async def _answer(self, request: HttpRequest, admitted: Admitted, envelope: Envelope, body: bytes) -> HttpResponse:
        http = self._http
        if not admitted.consented:
            return HttpResponse(http.status, [NO_STORE])  # to look at, it is the same answer as with consent
        key = request.headers.get("idempotency-key") if http.creates else None
        if key is None:
            return _response(http, await self._bus.request(self._call, envelope, body))
        claimed = await self._repeats.begin(
            admitted.caller.session_id or request.address, self._call.subject, key, body
        )
        answer = Answer(b"")
        if claimed.answered is None or http.recalls:
            answer = await self._once(claimed, envelope, body)
        response = _response(http, answer)
        if claimed.answered is not None:
            response.status = claimed.answered
            response.fields.append(REPLAYED)
        return response

    async def _once(self, claimed: Claimed, envelope: Envelope, body: bytes) -> Answer:
        caller = envelope.caller.model_copy(update={"idempotency_key": claimed.name})
        refused: Refusal | None = None
        answer: Answer | None = None
        try:
            answer = await self._bus.request(self._call, envelope.model_copy(update={"caller": caller}), body)
        except Refusal as refusal:
            refused = refusal
            raise
        finally:
            if answer is not None:
                await self._repeats.answered(claimed, self._http.status)
            else:
                await self._repeats.failed(claimed, refused)
        return answer


def _response(http: Http, answer: Answer) -> HttpResponse:
    body = b"" if http.empty else answer.body
    kept = cached(http.cache_seconds) if http.cache_seconds else NO_STORE
    response = HttpResponse(http.status, [JSON, kept] if body else [kept], body)
    if http.sets_cookie and HEADER_COOKIE in answer.headers:
        cookie = CookieToSet.model_validate(orjson.loads(answer.headers[HEADER_COOKIE]))
        response.fields.append(_set_cookie(cookie))
    return response


def _set_cookie(cookie: CookieToSet) -> tuple[bytes, bytes]:
    rendered = Response()
    common = {"path": "/", "secure": True, "httponly": True, "samesite": "strict"}
    if cookie.value is None:
        rendered.delete_cookie(cookie.name, **common)  # type: ignore[arg-type]
    else:
        rendered.set_cookie(cookie.name, cookie.value, max_age=cookie.max_age_seconds, **common)  # type: ignore[arg-type]
    return next(field for field in rendered.raw_headers if field[0] == b"set-cookie")


async def _nothing() -> dict[str, str]:
    """What a whole answer receives: it asks for nothing."""
    return {"type": "http.disconnect"}
