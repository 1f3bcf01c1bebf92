"""Leaving the newsletter: by a link, through Brevo, by a caseworker, or because consent is too old."""

from datetime import datetime

from contracts.errors import ErrorKind, Refusal
from services.newsletter.domain.callbacks import read_body
from services.newsletter.domain.secrets import hash_of
from services.newsletter.domain.subscriptions import LAPSES_AFTER, Ending, normalised
from services.newsletter.ports import Clock, Subscriptions

LAPSES_MAX = 100


class Leaving:
    """Ends subscriptions; whoever leaves is never asked why, and never has to sign in."""

    def __init__(self, subscriptions: Subscriptions, clock: Clock) -> None:
        self._subscriptions = subscriptions
        self._clock = clock

    async def by_link(self, token: str) -> None:
        """End the subscription that a newsletter's link belongs to; using it again changes nothing.

        Raises:
            Refusal: GONE, if no subscription ever had this link, or none is known any more.
        """
        if not await self._subscriptions.end_by_link(hash_of(token), self._clock.now()):
            raise Refusal(ErrorKind.GONE, "link-unknown")

    async def by_address(self, address: str) -> None:
        """End the subscription of somebody who wrote to us, and keep the address from coming back."""
        await self._subscriptions.end_address(normalised(address), Ending.UNSUBSCRIBED, self._clock.now())

    async def through_brevo(self, body: str) -> None:
        """Do what Brevo's events ask for; what does not concern us, or came before, is left alone.

        An event that can never be carried out is put aside, and counts as taken: Brevo would repeat it in vain.

        Raises:
            Refusal: MALFORMED, if the body is no JSON, or holds too many events.
        """
        try:
            callbacks, aside = read_body(body)
        except ValueError:
            raise Refusal(ErrorKind.MALFORMED, "json") from None
        if callbacks or aside:
            await self._subscriptions.apply(callbacks, aside, self._clock.now())

    async def lapse(self) -> datetime | None:
        """End some subscriptions whose consent is too old to be relied upon.

        Returns when the next one will be too old, a time that is past if one is already; None if there is none.
        """
        now = self._clock.now()
        for email in await self._subscriptions.lapsed(now - LAPSES_AFTER, LAPSES_MAX):
            await self._subscriptions.end_address(email, Ending.LAPSED, now)
        oldest = await self._subscriptions.first_confirmed()
        return None if oldest is None else oldest + LAPSES_AFTER
