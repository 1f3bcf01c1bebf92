"""Routes that the contract table declares: admit, pass the bytes on, answer with the owner's bytes.

Validation happens in the owner. What differs between routes stands in the table, not here.
"""

import json
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chassis.bus import Answer, Bus
from contracts.envelope import HEADER_COOKIE, CookieToSet, Envelope
from contracts.errors import ErrorKind, Refusal
from contracts.table import Account, Call, Http, Stream
from services.gateway.adapters.repeats import Claimed, Repeats
from services.gateway.api.admission import Admission, Admitted, address_of
from services.gateway.api.bodies import read_body
from services.gateway.api.language import language_of
from services.gateway.api.problems import response_of
from services.gateway.api.streaming import RunningStreams, StreamAnswer

PARAMETERS_MAX = 16
PARAMETER_LENGTH_MAX = 300


class ContractRoutes:
    """Makes the ASGI endpoint of each contract."""

    def __init__(
        self, admission: Admission, bus: Bus, content_bus: Bus, repeats: Repeats, running: RunningStreams
    ) -> None:
        self._admission = admission
        self._buses = {Account.APP: bus, Account.CONTENT: content_bus}
        self._repeats = repeats
        self._running = running

    def endpoint(self, call: Call, http: Http) -> "ContractEndpoint":
        """The endpoint for one contract."""
        return ContractEndpoint(self, call, http)

    async def respond(self, call: Call, http: Http, request: Request) -> Response | StreamAnswer:
        """Answer one request.

        Raises:
            Refusal: whatever stands in its way.
        """
        admitted = await self._admission.admit(request, http)
        if isinstance(call, Stream):
            return await self._streamed(call, http, request, admitted)
        body = await read_body(request) if http.method != "GET" else b""
        if not admitted.consented:
            # To look at, it is the same answer as with consent.
            response = _response(http, Answer(b""), status=http.status)
            response.headers.update(admitted.rate_limit.headers())
            return response
        envelope = Envelope(caller=admitted.caller, parameters=parameters_of(request, call))
        answer, repeated = await self._once(call, http, request, admitted, envelope, body)
        response = _response(http, answer, status=repeated or http.status)
        response.headers.update(admitted.rate_limit.headers())
        if repeated is not None:
            response.headers["Idempotency-Replayed"] = "true"
        return response

    async def _streamed(self, call: Stream, http: Http, request: Request, admitted: Admitted) -> StreamAnswer:
        """Ask for a stream. A withdrawal while the body is on its way counts: it has not left us yet."""
        running = self._running.begin(admitted.caller, http.purpose)
        try:
            body = await read_body(request) if http.method != "GET" else b""
            envelope = Envelope(caller=admitted.caller, parameters=parameters_of(request, call))
            running.check()
            incoming = await self._buses[call.account].stream(call, envelope, body)
        except BaseException:
            self._running.remove(running)
            raise
        return StreamAnswer(incoming, self._running, running, admitted)

    async def _once(
        self, call: Call, http: Http, request: Request, admitted: Admitted, envelope: Envelope, body: bytes
    ) -> tuple[Answer, int | None]:
        bus = self._buses[call.account]
        key = request.headers.get("idempotency-key")
        if not http.creates or key is None:
            return await bus.request(call, envelope, body), None
        who = admitted.caller.session_id or address_of(request)
        claimed = await self._repeats.begin(who, call.subject, key, body)
        if claimed.answered is not None and not http.recalls:
            return Answer(b""), claimed.answered
        caller = envelope.caller.model_copy(update={"idempotency_key": claimed.name})
        refused: Refusal | None = None
        answer: Answer | None = None
        try:
            answer = await bus.request(call, envelope.model_copy(update={"caller": caller}), body)
        except Refusal as refusal:
            refused = refusal
            raise
        finally:
            await self._note(claimed, http, answer, refused)
        return answer, claimed.answered

    async def _note(self, claimed: Claimed, http: Http, answer: Answer | None, refused: Refusal | None) -> None:
        if answer is not None:
            await self._repeats.answered(claimed, http.status)
        else:
            await self._repeats.failed(claimed, refused)


class ContractEndpoint:
    """One contract as an ASGI application; every refusal becomes a problem document."""

    def __init__(self, routes: ContractRoutes, call: Call, http: Http) -> None:
        self._routes = routes
        self._call = call
        self._http = http

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        response: Response | StreamAnswer
        try:
            response = await self._routes.respond(self._call, self._http, request)
        except Refusal as refusal:
            response = response_of(refusal, language_of(request), scope["larabot.instance"])
        await response(scope, receive, send)


def parameters_of(request: Request, call: Call) -> dict[str, str]:
    """The parameters of path and query; `lang` belongs to the gateway.

    Raises:
        Refusal: too many or too long.
    """
    query = {name: value for name, value in request.query_params.items() if name != "lang"}
    parameters: dict[str, str] = {**query, **request.path_params}
    form = asked_form(request.headers)
    if form is not None and "form" in call.request.model_fields:
        parameters.setdefault("form", form)
    too_long = any(len(name) + len(value) > PARAMETER_LENGTH_MAX for name, value in parameters.items())
    if too_long or len(parameters) > PARAMETERS_MAX:
        raise Refusal(ErrorKind.INVALID, "parameters")
    return parameters


def asked_form(headers: Mapping[str, str]) -> str | None:
    """Which form of a document is asked for, where its contract has several: a page, JSON, or the usual one."""
    accept = headers.get("accept", "")
    if "application/json" in accept:
        return "json"
    return "html" if "text/html" in accept else None


def _response(http: Http, answer: Answer, *, status: int) -> Response:
    body = b"" if http.empty else answer.body
    response = Response(body, status_code=status, media_type="application/json" if body else None)
    response.headers["Cache-Control"] = "no-store"
    if http.sets_cookie and HEADER_COOKIE in answer.headers:
        cookie = CookieToSet.model_validate(json.loads(answer.headers[HEADER_COOKIE]))
        _set_cookie(response, cookie)
    return response


def _set_cookie(response: Response, cookie: CookieToSet) -> None:
    common = {"path": "/", "secure": True, "httponly": True, "samesite": "strict"}
    if cookie.value is None:
        response.delete_cookie(cookie.name, **common)  # type: ignore[arg-type]
    else:
        response.set_cookie(cookie.name, cookie.value, max_age=cookie.max_age_seconds, **common)  # type: ignore[arg-type]
