"""Withdrawals that were not heard, because this service was down when they were told."""

from contracts.errors import RETRYABLE, Refusal
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
        """Carry out what was missed. A visitor about whom consent cannot tell stands before nobody else.

        Raises:
            Refusal: consent is away, or could not tell about everybody.
        """
        last, unknown = "", None
        while visitors := await self._identities.visitors_after(last, PAGE):
            for visitor_id in visitors:
                try:
                    await self._check(visitor_id)
                except Refusal as refusal:
                    if refusal.kind in RETRYABLE:
                        raise
                    unknown = refusal
            last = visitors[-1]
        if unknown is not None:
            raise unknown

    async def _check(self, visitor_id: str) -> None:
        if not await self._consents.granted(visitor_id):
            await self._reporting.withdraw(visitor_id)
