"""A yes or no to the newsletter that somebody gave with an account, carried out for its addresses."""

from services.newsletter.domain.subscriptions import normalised
from services.newsletter.ports import Accounts, Choices, Clock, Subscriptions
from services.newsletter.usecases.subscribing import Subscribing


class Following:
    """Does what an account chose. A yes sends the letter that asks to confirm; Brevo learns nothing before that."""

    def __init__(
        self, choices: Choices, accounts: Accounts, subscribing: Subscribing, subscriptions: Subscriptions, clock: Clock
    ) -> None:
        self._choices = choices
        self._accounts = accounts
        self._subscribing = subscribing
        self._subscriptions = subscriptions
        self._clock = clock

    async def choice(self, record_id: str) -> None:
        """Carry out a choice; what was subscribed to after a no stays.

        Raises:
            Refusal: nobody can tell whose choice it is, or the account's addresses.
        """
        choice = await self._choices.of(record_id)
        if choice is None:
            return
        addresses = await self._accounts.addresses_of(choice.account_id)
        for address in addresses:
            if choice.agreed:
                await self._subscribing.ask(address, choice.language, consent_record=record_id)
            else:
                await self._subscriptions.end_refused(normalised(address), choice.at, self._clock.now())
        # An erasure blocks the account before any holder is asked: what it may have overtaken shows here.
        if choice.agreed and addresses and not await self._accounts.addresses_of(choice.account_id):
            await self._subscriptions.take_back(record_id)
