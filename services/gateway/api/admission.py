"""Who may pass: origin, session, audience, limit and consent, checked in that order from the contract table.

What costs nothing is decided when a request's head is there; everything that may change meanwhile is decided when its
body is there too, so that a body that takes its time is not let in by what held before a withdrawal or an erasure.
"""

from dataclasses import dataclass

from chassis.clock import Clock
from contracts.auth import SESSION_COOKIE, Session
from contracts.consent import VISITOR_COOKIE, Purpose
from contracts.envelope import Audience, Caller
from contracts.errors import ErrorKind, Refusal
from contracts.table import Http, Limit
from kernel.visitor_choice import VisitorChoice
from services.gateway.adapters.day_secrets import DaySecrets
from services.gateway.adapters.limits import RateLimits, RateLimitStatus
from services.gateway.adapters.owner_caches import BusConsents, BusSessions
from services.gateway.api.http_request import HttpRequest
from services.gateway.domain import Origin, forgery_in, network_of

BY_ACCOUNT = frozenset({Limit.TEXT, Limit.SPEECH, Limit.PRIVACY})
FOR_ANYBODY = frozenset({Audience.VISITOR, Audience.WEBHOOK})
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
    """Decides on every request that reaches a contract: `begin` before its body is read, `admit` after."""

    def __init__(
        self,
        sessions: BusSessions,
        consents: BusConsents,
        pseudonyms: DaySecrets,
        limits: RateLimits,
        clock: Clock,
        published: Origin,
    ) -> None:
        self._sessions = sessions
        self._consents = consents
        self._pseudonyms = pseudonyms
        self._limits = limits
        self._clock = clock
        self._published = published

    def begin(self, request: HttpRequest, http: Http) -> RateLimitStatus | None:
        """Refuse what needs no question: a forged request, no session where one is needed, an address at its limit.

        Returns:
            Where the address stands, on routes that are counted by address.

        Raises:
            Refusal: CSRF, UNAUTHENTICATED or RATE_LIMITED.
        """
        if http.method != "GET" and http.csrf:
            forgery = forgery_in(request.headers, self._published)
            if forgery is not None:
                raise Refusal(ErrorKind.CSRF, forgery, **self._expected(forgery))
        if http.audience not in FOR_ANYBODY and not request.cookies.get(SESSION_COOKIE):
            raise Refusal(ErrorKind.UNAUTHENTICATED)
        return None if http.limit in BY_ACCOUNT else self._spend(http.limit, self._address(request))

    async def admit(self, request: HttpRequest, http: Http, rate_limit: RateLimitStatus | None) -> Admitted:
        """Let a request pass whose body is there; `rate_limit` is what `begin` returned.

        Raises:
            Refusal: UNAUTHENTICATED, STEP_UP_REQUIRED, FORBIDDEN, RATE_LIMITED or CONSENT_REQUIRED; or the owner of a
                session or consent cannot be asked.
        """
        cookie = request.cookies.get(SESSION_COOKIE, "")
        session = await self._session(request, cookie)
        if rate_limit is None:
            key = self._pseudonyms.of_account(session.account_id) if session else self._address(request)
            rate_limit = self._spend(http.limit, key)
        fresh = self._check_audience(http, session)
        choice = VisitorChoice.parse(request.cookies.get(VISITOR_COOKIE, "")[:COOKIE_VALUE_MAX])
        visitor_id = choice.visitor_id if choice else None
        revocations = self._sessions.revocations
        consented = await self._consented(http, session, visitor_id)
        if self._sessions.revocations != revocations:  # perhaps of this one, while its consent was asked for
            session = await self._sessions.of(cookie)
            fresh = self._check_audience(http, session)
        return Admitted(self._caller(request, session, visitor_id, fresh=fresh), rate_limit, consented)

    def _caller(self, request: HttpRequest, session: Session | None, visitor_id: str | None, *, fresh: bool) -> Caller:
        return Caller(
            service="gateway",
            account_id=session.account_id if session else None,
            session_id=session.session_id if session else None,
            role=session.role if session else None,
            tier=session.tier if session else None,
            fresh=fresh,
            language=request.language,
            visitor_choice=request.cookies.get(VISITOR_COOKIE, "")[:COOKIE_VALUE_MAX] or None,
            visitor_id=visitor_id,
            case_secret=request.headers.get("x-case-secret", "")[:CASE_SECRET_MAX] or None,
            quota_key=self._pseudonyms.of_account(session.account_id) if session else None,
        )

    async def _session(self, request: HttpRequest, cookie: str) -> Session | None:
        """The session; an address that keeps presenting cookies of no session is not worth a question to auth."""
        asked_for: list[str] = []

        def count() -> None:  # before the question, so that a crowd of guesses does not race it
            address = self._address(request)
            self._spend(Limit.SESSION, address)
            asked_for.append(address)

        session = await self._sessions.of(cookie, count)
        if session is not None:
            for address in asked_for:
                self._limits.give_back(Limit.SESSION, address)
        return session

    def _address(self, request: HttpRequest) -> str:
        return self._pseudonyms.of_address(network_of(request.address))

    def _spend(self, limit: Limit, pseudonym: str) -> RateLimitStatus:
        passed, rate_limit = self._limits.spend(limit, pseudonym)
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

    def _check_audience(self, http: Http, session: Session | None) -> bool:
        """Refuse who may not use the route; returns whether the session proved itself just now."""
        fresh = session is not None and session.fresh_until > self._clock.now()
        if http.audience in FOR_ANYBODY:
            return fresh
        if session is None:
            raise Refusal(ErrorKind.UNAUTHENTICATED)
        if http.audience is Audience.STAFF and session.role not in STAFF_ROLES:
            raise Refusal(ErrorKind.FORBIDDEN)
        if http.audience in {Audience.FRESH_ACCOUNT, Audience.STAFF} and not fresh:
            raise Refusal(ErrorKind.STEP_UP_REQUIRED, ways=STEP_UP_WAYS)
        return fresh

    def _expected(self, forgery: str) -> dict[str, str]:
        """Our own address, where it is what differs: that is public, and what a proxy's operator must see."""
        return {"expected_origin": str(self._published)} if forgery == "origin" else {}


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
