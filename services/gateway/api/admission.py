"""Who may pass: origin, session, audience, limit and consent, checked in that order from the contract table."""

from dataclasses import dataclass

from starlette.requests import Request

from chassis.clock import Clock
from contracts.auth import SESSION_COOKIE, Session
from contracts.consent import VISITOR_COOKIE, Purpose
from contracts.envelope import Audience, Caller
from contracts.errors import ErrorKind, Refusal
from contracts.table import Http, Limit
from kernel.visitor_choice import VisitorChoice
from services.gateway.adapters.limits import RateLimits, RateLimitStatus
from services.gateway.api.language import language_of
from services.gateway.domain import is_cross_site, network_of
from services.gateway.ports import Consents, Pseudonyms, Sessions

BY_ACCOUNT = frozenset({Limit.TEXT, Limit.SPEECH, Limit.PRIVACY})
STAFF_ROLES = frozenset({"staff", "admin"})
COOKIE_VALUE_MAX = 512
CASE_SECRET_MAX = 200
STEP_UP_WAYS = ["password"]


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that may pass: on whose behalf, and where it stands against its limit."""

    caller: Caller
    rate_limit: RateLimitStatus
    consented: bool


class Admission:
    """Decides on every request that reaches a contract."""

    def __init__(
        self,
        sessions: Sessions,
        consents: Consents,
        pseudonyms: Pseudonyms,
        limits: RateLimits,
        clock: Clock,
        *,
        scheme: str,
    ) -> None:
        self._sessions = sessions
        self._consents = consents
        self._pseudonyms = pseudonyms
        self._limits = limits
        self._clock = clock
        self._scheme = scheme

    async def admit(self, request: Request, http: Http) -> Admitted:
        """Let a request pass.

        Raises:
            Refusal: CSRF, UNAUTHENTICATED, STEP_UP_REQUIRED, FORBIDDEN, RATE_LIMITED or CONSENT_REQUIRED; or the
                owner of a session or consent cannot be asked.
        """
        if http.method != "GET" and http.csrf:
            own_host = request.headers.get("host", "")
            if is_cross_site(request.headers, own_host, self._scheme):
                raise Refusal(ErrorKind.CSRF)
        cookie = request.cookies.get(SESSION_COOKIE, "")
        # An address that is beyond its limit is not worth a question to auth.
        rate_limit = None if http.limit in BY_ACCOUNT else await self._within_limit(request, http, None)
        session = await self._sessions.of(cookie)
        if rate_limit is None:
            rate_limit = await self._within_limit(request, http, session)
        fresh = session is not None and session.fresh_until > self._clock.now()
        _check_audience(http.audience, session, fresh=fresh)
        choice = VisitorChoice.parse(request.cookies.get(VISITOR_COOKIE, "")[:COOKIE_VALUE_MAX])
        visitor_id = choice.visitor_id if choice else None
        consented = await self._consented(http, session, visitor_id)
        caller = Caller(
            service="gateway",
            account_id=session.account_id if session else None,
            session_id=session.session_id if session else None,
            role=session.role if session else None,
            tier=session.tier if session else None,
            fresh=fresh,
            language=language_of(request),
            visitor_choice=request.cookies.get(VISITOR_COOKIE, "")[:COOKIE_VALUE_MAX] or None,
            visitor_id=visitor_id,
            case_secret=request.headers.get("x-case-secret", "")[:CASE_SECRET_MAX] or None,
            quota_key=self._pseudonyms.of_account(session.account_id) if session else None,
        )
        return Admitted(caller, rate_limit, consented)

    async def _within_limit(self, request: Request, http: Http, session: Session | None) -> RateLimitStatus:
        if session is not None:
            pseudonym = self._pseudonyms.of_account(session.account_id)
        else:
            pseudonym = self._pseudonyms.of_address(network_of(address_of(request)))
        passed, rate_limit = await self._limits.spend(http.limit, pseudonym)
        if not passed:
            raise LimitReached(rate_limit)
        return rate_limit

    async def _consented(self, http: Http, session: Session | None, visitor_id: str | None) -> bool:
        if http.purpose is None:
            return True
        granted = await self._consents.granted(session.account_id if session else None, visitor_id)
        if Purpose(http.purpose) in granted:
            return True
        if not http.drop_without_consent:
            raise Refusal(ErrorKind.CONSENT_REQUIRED, purpose=http.purpose)
        return False


class LimitReached(Refusal):
    """Too many requests; its members say where the caller stands."""

    def __init__(self, rate_limit: RateLimitStatus) -> None:
        super().__init__(
            ErrorKind.RATE_LIMITED,
            rate_limit.name,
            limit=rate_limit.quota,
            window_seconds=rate_limit.window_seconds,
            retry_after_seconds=rate_limit.reset_seconds,
        )


def _check_audience(audience: Audience, session: Session | None, *, fresh: bool) -> None:
    if audience in {Audience.VISITOR, Audience.WEBHOOK}:
        return
    if session is None:
        raise Refusal(ErrorKind.UNAUTHENTICATED)
    if audience is Audience.STAFF and session.role not in STAFF_ROLES:
        raise Refusal(ErrorKind.FORBIDDEN)
    if audience in {Audience.FRESH_ACCOUNT, Audience.STAFF} and not fresh:
        raise Refusal(ErrorKind.STEP_UP_REQUIRED, ways=STEP_UP_WAYS)


def address_of(request: Request) -> str:
    """The peer's address, as uvicorn states it (behind a trusted proxy: what that proxy says)."""
    return request.client.host if request.client else "unknown"
