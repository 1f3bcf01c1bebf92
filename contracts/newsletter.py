"""The newsletter: double opt-in by ourselves, unsubscribing without login, Brevo kept in step."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, StringConstraints

from contracts.auth import Token
from contracts.envelope import Audience
from contracts.errors import ErrorKind
from contracts.fields import Email, OpaqueId
from contracts.messages import Done, Reply, Request
from contracts.table import Call, Event, Http, Limit


def clear_yes(value: object) -> object:
    """Refuse what is merely equal to true, such as 1."""
    if value is not True:
        msg = "only true is consent"
        raise ValueError(msg)
    return value


CALLBACK_CHARACTERS_MAX = 200 * 1024

ClearYes = Annotated[Literal[True], BeforeValidator(clear_yes)]


class Subscribe(Request):
    """Ask for the newsletter; nothing reaches Brevo before the mailed link is confirmed."""

    email: Email
    consent: ClearYes


class Objection(Request):
    """The address of somebody who wrote to us that they want no more newsletters."""

    email: Email


class BrevoCallback(Request):
    """A webhook of Brevo: the body as it came, JSON of one event or, when batched, of several.

    It stays text on the way, since an event that breaks our rules for text must not cost those beside it.
    """

    bearer: Annotated[str, StringConstraints(max_length=200)] = ""
    body: Annotated[str, StringConstraints(max_length=CALLBACK_CHARACTERS_MAX)]


class SubscriptionState(Reply):
    """What became of a link: subscribed or unsubscribed."""

    state: Literal["subscribed", "unsubscribed"]


class ReaderLeft(Reply):
    """A reader ended a subscription that rested on a consent given with an account: the number of its record."""

    record_id: OpaqueId


SUBSCRIBE = Call(
    owner="newsletter",
    name="subscribe",
    request=Subscribe,
    reply=Done,
    http=Http(
        method="POST",
        path="/api/newsletter/subscriptions",
        audience=Audience.VISITOR,
        status=202,
        empty=True,
        creates=True,
        summary="Ask for the newsletter; a mail asks to confirm",
        limit=Limit.MAIL,
    ),
)
CONFIRM = Call(
    owner="newsletter",
    name="confirm",
    request=Token,
    reply=SubscriptionState,
    http=Http(
        method="POST",
        path="/api/newsletter/subscriptions/confirm",
        alias="/api/newsletter/confirm",
        audience=Audience.VISITOR,
        refuses=(ErrorKind.GONE,),
        summary="Confirm with the secret of the mailed link",
    ),
)
UNSUBSCRIBE = Call(
    owner="newsletter",
    name="unsubscribe",
    request=Token,
    reply=SubscriptionState,
    http=Http(
        method="POST",
        path="/api/newsletter/subscriptions/unsubscribe",
        alias="/api/newsletter/unsubscribe",
        audience=Audience.VISITOR,
        refuses=(ErrorKind.GONE,),
        summary="Unsubscribe with the secret of a newsletter's link",
    ),
)
UNSUBSCRIBE_ADDRESS = Call(
    owner="newsletter",
    name="unsubscribe_address",
    request=Objection,
    reply=Done,
    http=Http(
        method="POST",
        path="/api/staff/newsletter/unsubscriptions",
        audience=Audience.STAFF,
        status=204,
        empty=True,
        summary="Unsubscribe somebody who wrote to the contact address; answers alike for all addresses",
    ),
)
BREVO_CALLBACK = Call(owner="newsletter", name="brevo_callback", request=BrevoCallback, reply=Done)
READER_LEFT = Event(owner="newsletter", entity="reader", past="left", model=ReaderLeft, consumers=("consent",))

CONTRACTS = (SUBSCRIBE, CONFIRM, UNSUBSCRIBE, UNSUBSCRIBE_ADDRESS, BREVO_CALLBACK, READER_LEFT)
