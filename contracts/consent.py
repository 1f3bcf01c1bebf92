"""What a person agreed to: purposes, the notice they saw, receipts (fields of ISO/IEC TS 27560), withdrawal."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from contracts.envelope import Audience
from contracts.errors import ErrorKind
from contracts.fields import OpaqueId
from contracts.messages import Empty, Reply, Request
from contracts.table import Call, Event, Http

VISITOR_COOKIE = "__Host-visitor"


class Purpose(StrEnum):
    """What consent is asked for. The first two belong to an account, the cookie purposes to a browser."""

    TEXT_TOOLS = "text_tools"
    VOICE_TOOLS = "voice_tools"
    ANALYTICS = "analytics"
    NEWSLETTER = "newsletter"
    MARKETING = "marketing"


COOKIE_PURPOSES = frozenset({Purpose.ANALYTICS, Purpose.MARKETING})
ACCOUNT_PURPOSES = frozenset(set(Purpose) - COOKIE_PURPOSES)


class ConsentState(Reply):
    """The current state by purpose. `chosen`: a choice was made for the cookie purposes in this browser."""

    purposes: dict[Purpose, bool]
    notice_version: str
    chosen: bool
    receipt_id: str | None = None


class SetConsent(Request):
    """Give or withdraw, purpose by purpose; the purposes that are not named stay as they are."""

    purposes: Annotated[dict[Purpose, bool], Field(min_length=1, max_length=10)]
    notice_version: Annotated[str, StringConstraints(max_length=40)]


class Receipt(Reply):
    """One act of giving or withdrawing: who it binds is a pseudonym, what was shown is a hash."""

    receipt_id: str
    at: datetime
    purposes: dict[Purpose, bool]
    notice_version: str
    notice_hash: str
    language: str
    method: str
    controller: str


class ConsentSet(Reply):
    """The state after the change, and its receipt."""

    purposes: dict[Purpose, bool]
    notice_version: str
    chosen: bool
    receipt: Receipt


class Receipts(Reply):
    """The history, newest first."""

    receipts: list[Receipt]


class GrantedRequest(Request):
    """Whose purposes to look up: an account, a browser, or both."""

    account_id: OpaqueId | None = None
    visitor_id: OpaqueId | None = None


class Granted(Reply):
    """The purposes that are consented to now, under the notice in force."""

    purposes: list[Purpose]


class ConsentChanged(Reply):
    """Somebody's consent changed: whoever cached it asks again, and work that rests on it stops."""

    account_id: str | None = None
    visitor_id: str | None = None
    withdrawn: list[Purpose] = []


class NewsletterChosen(Reply):
    """An account said yes or no to the newsletter. Kept until it is heard; the rest is fetched by claim check."""

    record_id: OpaqueId


class NewsletterChoiceRequest(Request):
    """Which choice."""

    record_id: OpaqueId


class NewsletterChoice(Reply):
    """Whose choice it is, from when, in which language; nobody's where it was erased, or a yes was withdrawn since."""

    account_id: str | None = None
    agreed: bool = False
    at: datetime | None = None
    language: str | None = None


class PolicyVersion(Reply):
    """The policy in force: purposes, processors, cookies and retention come from the inventory."""

    version: str
    languages: list[str]
    controller: dict[str, str]
    purposes: list[dict[str, Any]]
    processors: list[dict[str, Any]]
    cookies: list[dict[str, Any]]
    retention: list[dict[str, Any]]


class PolicyTextRequest(Request):
    """Which text: a version and a language."""

    version: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    lang: Annotated[str, StringConstraints(pattern=r"^(sv|nb|en)$")]


class PolicyText(Reply):
    """A policy text in Markdown, with the hash that consents under it are bound to."""

    version: str
    lang: str
    markdown: str
    hash: str


GET = Call(
    owner="consent",
    name="get",
    request=Empty,
    reply=ConsentState,
    http=Http(method="GET", path="/api/consent", audience=Audience.VISITOR, summary="The current state by purpose"),
)
SET = Call(
    owner="consent",
    name="set",
    request=SetConsent,
    reply=ConsentSet,
    http=Http(
        method="PUT",
        path="/api/consent",
        audience=Audience.VISITOR,
        sets_cookie=True,
        refuses=(ErrorKind.UNAUTHENTICATED,),
        summary="Give or withdraw consent, purpose by purpose",
    ),
)
WITHDRAW_ALL = Call(
    owner="consent",
    name="withdraw_all",
    request=Empty,
    reply=ConsentSet,
    http=Http(
        method="DELETE",
        path="/api/consent",
        audience=Audience.VISITOR,
        sets_cookie=True,
        refuses=(ErrorKind.UNAUTHENTICATED,),
        summary="Withdraw every consent",
    ),
)
RECEIPTS = Call(
    owner="consent",
    name="receipts",
    request=Empty,
    reply=Receipts,
    http=Http(
        method="GET",
        path="/api/consent/receipts",
        audience=Audience.VISITOR,
        summary="The history of choices, with receipts",
    ),
)
POLICY = Call(
    owner="consent",
    name="policy",
    request=Empty,
    reply=PolicyVersion,
    personal_data=False,
    http=Http(method="GET", path="/api/policy", audience=Audience.VISITOR, summary="The policy in force"),
)
POLICY_TEXT = Call(
    owner="consent",
    name="policy_text",
    request=PolicyTextRequest,
    reply=PolicyText,
    personal_data=False,
    http=Http(
        method="GET",
        path="/api/policy/{version}/{lang}",
        audience=Audience.VISITOR,
        summary="A policy text in one language",
    ),
)
GRANTED = Call(owner="consent", name="granted", request=GrantedRequest, reply=Granted, callers=("gateway", "analytics"))
CHANGED = Event(
    owner="consent", entity="consent", past="changed", model=ConsentChanged,
    consumers=("gateway", "analytics"), durable=False,
)  # fmt: skip
NEWSLETTER_CHOSEN = Event(
    owner="consent", entity="newsletter", past="chosen", model=NewsletterChosen, consumers=("newsletter",)
)
NEWSLETTER_CHOICE = Call(
    owner="consent",
    name="newsletter_choice",
    request=NewsletterChoiceRequest,
    reply=NewsletterChoice,
    callers=("newsletter",),
)

CONTRACTS = (
    GET, SET, WITHDRAW_ALL, RECEIPTS, POLICY, POLICY_TEXT, GRANTED, CHANGED, NEWSLETTER_CHOSEN, NEWSLETTER_CHOICE,
)  # fmt: skip
