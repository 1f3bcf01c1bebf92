"""What the bus asks: each handler takes the request apart, calls a use case, and puts the answer together."""

from collections.abc import Sequence
from itertools import groupby

from chassis.bus import Answer
from contracts import consent
from contracts.consent import VISITOR_COOKIE, Purpose
from contracts.envelope import HEADER_COOKIE, Caller, CookieToSet
from contracts.messages import Empty
from contracts.newsletter import ReaderLeft
from kernel.visitor_choice import VisitorChoice
from services.consent.domain import VISITOR_CONSENT_LASTS, Event, Record
from services.consent.ports import Notices
from services.consent.usecases.choosing import Choosing, Outcome, Person

CHOICE_LASTS_SECONDS = int(VISITOR_CONSENT_LASTS.total_seconds())


class ConsentEndpoints:
    """State, changes, history; and for the gateway, what is granted."""

    def __init__(self, choosing: Choosing, notices: Notices) -> None:
        self._choosing = choosing
        self._notices = notices

    async def get(self, request: Empty, caller: Caller) -> consent.ConsentState:  # noqa: ARG002 — a handler's shape
        person = person_of(caller)
        granted, receipt_id = await self._choosing.state(person)
        return consent.ConsentState(
            purposes={purpose: purpose in granted for purpose in Purpose},
            notice_version=self._notices.version,
            chosen=self._choosing.chosen(person.choice),
            receipt_id=receipt_id,
        )

    async def set(self, request: consent.SetConsent, caller: Caller) -> Answer:
        outcome = await self._choosing.choose(person_of(caller), request.purposes, request.notice_version)
        return self._answer(outcome)

    async def withdraw_all(self, request: Empty, caller: Caller) -> Answer:  # noqa: ARG002 — a handler's shape
        return self._answer(await self._choosing.withdraw_all(person_of(caller)))

    async def receipts(self, request: Empty, caller: Caller) -> consent.Receipts:  # noqa: ARG002 — a handler's shape
        history = await self._choosing.history(person_of(caller))
        acts = groupby(history, key=lambda record: record.receipt_id)
        return consent.Receipts(receipts=[receipt_of(tuple(records)) for _, records in acts])

    async def granted(self, request: consent.GrantedRequest, caller: Caller) -> consent.Granted:  # noqa: ARG002 — likewise
        granted = await self._choosing.granted(request.account_id, request.visitor_id)
        return consent.Granted(purposes=sorted(granted))

    async def newsletter_choice(
        self,
        request: consent.NewsletterChoiceRequest,
        caller: Caller,  # noqa: ARG002 — likewise
    ) -> consent.NewsletterChoice:
        record = await self._choosing.newsletter_choice(request.record_id)
        if record is None:
            return consent.NewsletterChoice()
        return consent.NewsletterChoice(
            account_id=record.account_id,
            agreed=record.event == Event.GIVEN,
            at=record.at,
            language=record.language,
        )

    async def left_newsletter(self, left: ReaderLeft) -> None:
        await self._choosing.left_newsletter(left.record_id)

    def _answer(self, outcome: Outcome) -> Answer:
        reply = consent.ConsentSet(
            purposes=outcome.purposes,
            notice_version=self._notices.version,
            chosen=self._choosing.chosen(outcome.choice),
            receipt=receipt_of(outcome.records),
        )
        body = reply.model_dump_json().encode()
        if outcome.cookie is None:
            return Answer(body)
        cookie = CookieToSet(name=VISITOR_COOKIE, value=outcome.cookie.render(), max_age_seconds=CHOICE_LASTS_SECONDS)
        return Answer(body, {HEADER_COOKIE: cookie.model_dump_json()})


def person_of(caller: Caller) -> Person:
    """Who chooses."""
    return Person(
        account_id=caller.account_id,
        choice=VisitorChoice.parse(caller.visitor_choice),
        language=caller.language.value,
    )


def receipt_of(records: Sequence[Record]) -> consent.Receipt:
    """The records of one act as the person's receipt."""
    first = records[0]
    return consent.Receipt(
        receipt_id=first.receipt_id,
        at=first.at,
        purposes={Purpose(record.purpose): record.event == Event.GIVEN for record in records},
        notice_version=first.notice_version,
        notice_hash=first.notice_hash,
        language=first.language,
        method=first.method,
        controller=first.controller,
    )
