"""What a person agreed to: purposes, the notice they saw, receipts (fields of ISO/IEC TS 27560), withdrawal."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from contracts.auth import OpaqueId
from contracts.envelope import Audience
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


class VisitorChoice(Reply):
    """What the visitor's cookie says: the choice, the notice it was made under, the day.

    Only a browser that accepted something carries an id; a refusal holds nothing that tells one browser from another.
    """

    notice_version: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    day: Annotated[str, StringConstraints(pattern=r"^\d{8}$")]
    accepted: frozenset[Purpose]
    visitor_id: OpaqueId | None = None

    @classmethod
    def parse(cls, value: str) -> "VisitorChoice | None":
        """Read a cookie's value; anything that is none of ours is no choice."""
        match = _CHOICE.fullmatch(value)
        if match is None:
            return None
        accepted = frozenset(purpose for letter, purpose in _LETTERS.items() if letter in match["accepted"])
        return cls(
            notice_version=match["version"], day=match["day"], accepted=accepted, visitor_id=match["visitor"] or None
        )

    def render(self) -> str:
        """The cookie's value."""
        letters = "".join(letter for letter, purpose in _LETTERS.items() if purpose in self.accepted)
        return "~".join(("1", self.notice_version, self.day, letters or "0", self.visitor_id or ""))


_LETTERS = {"a": Purpose.ANALYTICS, "m": Purpose.MARKETING}
_CHOICE = re.compile(
    r"1~(?P<version>\d{4}-\d{2}-\d{2})~(?P<day>\d{8})~(?P<accepted>0|a?m?)~(?P<visitor>|[A-Za-z0-9_-]{16,64})"
)


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
GRANTED = Call(owner="consent", name="granted", request=GrantedRequest, reply=Granted, callers=("gateway",))
CHANGED = Event(
    owner="consent", entity="consent", past="changed", model=ConsentChanged,
    consumers=("gateway", "analytics"), durable=False,
)  # fmt: skip

CONTRACTS = (GET, SET, WITHDRAW_ALL, RECEIPTS, POLICY, POLICY_TEXT, GRANTED, CHANGED)
