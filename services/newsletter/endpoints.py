"""Handlers of the service's calls and of the events it consumes; each calls one use case."""

import hmac

from chassis.database import DATABASE_FAILURES, is_away
from contracts.auth import Token
from contracts.consent import NewsletterChosen
from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from contracts.messages import Done
from contracts.newsletter import BrevoCallback, Objection, Subscribe, SubscriptionState
from services.newsletter.usecases.ending import Leaving
from services.newsletter.usecases.following import Following
from services.newsletter.usecases.subscribing import Subscribing


class Endpoints:
    """For visitors, mail programs, caseworkers, choices made with an account, and Brevo's call-backs."""

    def __init__(self, subscribing: Subscribing, leaving: Leaving, following: Following, webhook_token: str) -> None:
        self._subscribing = subscribing
        self._leaving = leaving
        self._following = following
        self._webhook_token = webhook_token.encode()

    async def subscribe(self, request: Subscribe, caller: Caller) -> Done:
        await self._subscribing.ask(request.email, caller.language.value)
        return Done()

    async def confirm(self, request: Token, caller: Caller) -> SubscriptionState:  # noqa: ARG002 — a handler's shape
        await self._subscribing.confirm(request.token)
        return SubscriptionState(state="subscribed")

    async def unsubscribe(self, request: Token, caller: Caller) -> SubscriptionState:  # noqa: ARG002 — likewise
        await self._leaving.by_link(request.token)
        return SubscriptionState(state="unsubscribed")

    async def unsubscribe_address(self, request: Objection, caller: Caller) -> Done:  # noqa: ARG002 — likewise
        await self._leaving.by_address(request.email)
        return Done()

    async def chosen(self, chosen: NewsletterChosen) -> None:
        await self._following.choice(chosen.record_id)

    async def brevo_callback(self, request: BrevoCallback, caller: Caller) -> Done:  # noqa: ARG002 — likewise
        if not hmac.compare_digest(request.bearer.encode(), self._webhook_token):
            raise Refusal(ErrorKind.UNAUTHENTICATED, "webhook-token")
        try:
            await self._leaving.through_brevo(request.body)
        except DATABASE_FAILURES as error:
            if not is_away(error):
                raise
            # Brevo gives up on most refusals; this one makes the gateway ask it to come again.
            raise Refusal(ErrorKind.UNAVAILABLE, "not-stored", retry_after_seconds=60) from None
        return Done()
