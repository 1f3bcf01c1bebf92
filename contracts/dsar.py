"""Data subject requests: what a person may demand, the fan-out to every holder, receipts and the certificate."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from contracts.envelope import Audience
from contracts.errors import ErrorKind
from contracts.fields import Email, OpaqueId
from contracts.fulfilment import HolderReceipt
from contracts.holder import HOLDERS, service_of
from contracts.messages import Done, Empty, Reply, Request
from contracts.personal_data import Locator
from contracts.table import Call, Event, Http, Limit, Stream


class Right(StrEnum):
    """The right invoked: GDPR Art. 15, 20, 16, 17, 18, 21."""

    ACCESS = "access"
    PORTABILITY = "portability"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"


class State(StrEnum):
    """Where a case stands."""

    IDENTITY_PENDING = "identity_pending"
    WAITING_PERIOD = "waiting_period"
    FORWARDED_TO_CONTROLLER = "forwarded_to_controller"
    AWAITING_INSTRUCTION = "awaiting_instruction"
    GATHERING = "gathering"
    EXECUTING = "executing"
    WAITING_FOR_RECIPIENTS = "waiting_for_recipients"
    EXTENDED = "extended"
    REFUSED = "refused"
    CLOSED = "closed"
    BREACHED = "breached"


class Open(Request):
    """Invoke a right. `details` says what to rectify, restrict or object to."""

    right: Right
    details: Annotated[str, StringConstraints(max_length=2000)] = ""


class Opened(Reply):
    """The case. Its secret stands here once, and in the mailed link; a repeated request is answered without it."""

    id: str
    right: Right
    state: State
    due_at: datetime
    case_secret: str | None = None


class HolderProgress(Reply):
    """Where one holder stands: `waiting`, `refused` (its last receipt did not hold; it is asked again) or `done`."""

    holder: str
    state: str
    at: datetime | None = None


class RecipientProgress(Reply):
    """Where one recipient stands (Art. 19): `waiting`, `refused` (as for a holder) or `done`."""

    recipient: str
    state: str
    at: datetime | None = None


class Case(Reply):
    """A case as its data subject sees it."""

    id: str
    right: Right
    state: State
    received_at: datetime
    due_at: datetime
    holders: list[HolderProgress]
    recipients: list[RecipientProgress]


class Cases(Reply):
    """The cases of the signed-in account, newest first."""

    requests: list[Case]


class CaseChoice(Request):
    """Which case; reached by the account's session or with the case secret."""

    id: OpaqueId


class PackageChoice(CaseChoice):
    """Which package, and in which form: a zip of both, or one of them alone (by `Accept`, or named)."""

    form: Annotated[str, StringConstraints(pattern=r"^(zip|json|html)$")] = "zip"


class CertificateChoice(Request):
    """Which certificate, and in which form: JSON, or a readable page."""

    id: OpaqueId
    form: Annotated[str, StringConstraints(pattern=r"^(json|html)$")] = "json"


class Lookup(Request):
    """Start by address only: the answer is always the same, the rest is in the mail."""

    email: Email


class ErasureRequested(Reply):
    """Every holder is asked to erase; who it concerns is fetched by claim check."""

    erasure_id: str


class ClaimRequest(Request):
    """A holder asks whom an erasure concerns."""

    erasure_id: OpaqueId
    holder: Annotated[str, StringConstraints(max_length=32)]


class Claim(Reply):
    """The identifiers of the kinds that the holder declared. `done` means its receipt is in already."""

    done: bool
    locators: dict[Locator, list[str]] = {}
    requested_at: datetime | None = None
    sequence: int = 0


OPEN = Call(
    owner="dsar",
    name="open",
    request=Open,
    reply=Opened,
    deadline_seconds=10.0,
    http=Http(
        method="POST",
        path="/api/privacy/requests",
        audience=Audience.FRESH_ACCOUNT,
        status=202,
        creates=True,
        recalls=True,
        sets_cookie=True,
        summary="Invoke a right over one's data; an erasure ends the visitor id of this browser as well",
        limit=Limit.PRIVACY,
    ),
)
CASES = Call(
    owner="dsar",
    name="cases",
    request=Empty,
    reply=Cases,
    http=Http(method="GET", path="/api/privacy/requests", audience=Audience.ACCOUNT, summary="One's own cases"),
)
CASE = Call(
    owner="dsar",
    name="case",
    request=CaseChoice,
    reply=Case,
    http=Http(
        method="GET",
        path="/api/privacy/requests/{id}",
        audience=Audience.VISITOR,
        summary="A case: by session or by X-Case-Secret",
    ),
)
LOOKUP = Call(
    owner="dsar",
    name="lookup",
    request=Lookup,
    reply=Done,
    http=Http(
        method="POST",
        path="/api/privacy/lookups",
        audience=Audience.VISITOR,
        status=202,
        empty=True,
        summary="Start by address only; the answer never tells",
        limit=Limit.MAIL,
    ),
)
DATA = Stream(
    owner="dsar",
    name="data",
    request=Empty,
    reply=Done,
    media_type="application/json",
    deadline_seconds=20.0,
    http=Http(
        method="GET",
        path="/api/privacy/data",
        audience=Audience.ACCOUNT,
        summary="Everything held about the caller, by service and category",
        limit=Limit.PRIVACY,
    ),
)
PACKAGE = Stream(
    owner="dsar",
    name="package",
    request=PackageChoice,
    reply=Done,
    media_type="application/zip",
    deadline_seconds=20.0,
    http=Http(
        method="GET",
        path="/api/privacy/requests/{id}/package",
        audience=Audience.FRESH_ACCOUNT,
        refuses=(ErrorKind.CONFLICT,),
        summary="Download the package: readable HTML and JSON, as a zip",
        limit=Limit.PRIVACY,
    ),
)
CERTIFICATE = Stream(
    owner="dsar",
    name="certificate",
    request=CertificateChoice,
    reply=Done,
    media_type="application/json",
    http=Http(
        method="GET",
        path="/api/privacy/requests/{id}/certificate",
        audience=Audience.VISITOR,
        summary="The certificate of a completed erasure: by session or by X-Case-Secret",
    ),
)
CLAIM = Call(
    owner="dsar",
    name="claim",
    request=ClaimRequest,
    reply=Claim,
    callers=tuple(sorted({service_of(holder) for holder in HOLDERS} - {"dsar"})),
)
ERASURE_REQUESTED = Event(owner="dsar", entity="erasure", past="requested", model=ErasureRequested, consumers=HOLDERS)
ERASURE_COMPLETED = Event(
    owner="dsar",
    entity="erasure",
    past="completed",
    model=HolderReceipt,
    consumers=("dsar",),
    per_holder=True,
)

CONTRACTS = (
    OPEN, CASES, CASE, LOOKUP, DATA, PACKAGE, CERTIFICATE, CLAIM, ERASURE_REQUESTED, ERASURE_COMPLETED,
)  # fmt: skip
