"""What travels with every request on the bus: who calls, in which language, and the route's parameters.

A request is two parts in one payload: the envelope as one line of JSON, a line feed, the body's own bytes.
JSON never holds a raw line feed, so the first one ends the envelope and the body passes through untouched.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Language(StrEnum):
    """The languages that people are spoken to in; Swedish is the first."""

    SWEDISH = "sv"
    NORWEGIAN = "nb"
    ENGLISH = "en"


class Audience(StrEnum):
    """Whom a route serves: anyone, a signed-in account, one that proved itself just now, staff, a vendor."""

    VISITOR = "visitor"
    ACCOUNT = "account"
    FRESH_ACCOUNT = "fresh-account"
    STAFF = "staff"
    WEBHOOK = "webhook"


class Caller(BaseModel):
    """On whose behalf a request runs; made by the gateway (or a service in its own name), never by a browser.

    `visitor_choice` is the raw value of the visitor's cookie; `case_secret` the header X-Case-Secret;
    `quota_key` the account's pseudonym of the day, which only the gateway can derive.
    `idempotency_key`: on routes that create, a keyed hash of session, route and the header Idempotency-Key (64 hex
    digits). Two requests with the same one are the same request, sent again because its outcome was not known.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    service: str
    account_id: str | None = None
    session_id: str | None = None
    role: str | None = None
    tier: str | None = None
    fresh: bool = False
    language: Language = Language.SWEDISH
    visitor_choice: str | None = None
    visitor_id: str | None = None
    case_secret: str | None = None
    quota_key: str | None = None
    idempotency_key: str | None = None


class Envelope(BaseModel):
    """The first line of a request: its caller, the parameters of path and query, and how long the caller waits.

    `within_ms` is how long; `sent_ms` is when it was sent, as Unix time by the caller's clock. The bus sets both.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    caller: Caller
    parameters: dict[str, str] = {}
    within_ms: int = 0
    sent_ms: int = 0


HEADER_ERROR = "X-Error"  # an ErrorKind; the body is then a JSON object {reason, members}
HEADER_COOKIE = "X-Cookie"  # of a reply whose contract sets_cookie: JSON {name, value, max_age_seconds}


class CookieToSet(BaseModel):
    """A cookie that the owner of a route asks the gateway to set; no value means: remove it."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: str | None
    max_age_seconds: int | None = None
