"""Withdrawals that were not heard, because this service was down when they were told."""

from services.analytics.ports import Consents, Identities
from services.analytics.usecases.reporting import Reporting

PAGE = 200


class Checking:
    """Asks, for every visitor with a pseudonym, whether there still is consent."""

    def __init__(self, identities: Identities, consents: Consents, reporting: Reporting) -> None:
        self._identities = identities
        self._consents = consents
        self._reporting = reporting

    async def check(self) -> None:
        """Carry out what was missed.

        Raises:
            Refusal: nobody can tell.
        """
        last = ""
        while visitors := await self._identities.visitors_after(last, PAGE):
            for visitor_id in visitors:
                if not await self._consents.granted(visitor_id):
                    await self._reporting.withdraw(visitor_id)
            last = visitors[-1]
