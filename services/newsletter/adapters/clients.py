"""What other services know: whose a choice is, and the addresses of an account."""

from collections.abc import Sequence

from chassis.bus import Bus
from contracts.auth import ACCOUNT_LOCATORS, AccountLocatorsRequest
from contracts.consent import NEWSLETTER_CHOICE, NewsletterChoiceRequest
from contracts.errors import ErrorKind, Refusal
from services.newsletter.ports import Choice


class BusChoices:
    """The port `Choices` over the bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def of(self, record_id: str) -> Choice | None:
        found = await self._bus.call(NEWSLETTER_CHOICE, NewsletterChoiceRequest(record_id=record_id))
        if found.account_id is None or found.at is None or found.language is None:
            return None
        return Choice(account_id=found.account_id, agreed=found.agreed, at=found.at, language=found.language)


class BusAccounts:
    """The port `Accounts` over the bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def addresses_of(self, account_id: str) -> Sequence[str]:
        try:
            reply = await self._bus.call(ACCOUNT_LOCATORS, AccountLocatorsRequest(account_id=account_id))
        except Refusal as refusal:
            if refusal.kind is ErrorKind.NOT_FOUND:
                return ()
            raise
        return reply.verified_addresses
