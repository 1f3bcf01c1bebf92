"""Consent, asked of the service that records it."""

from chassis.bus import Bus
from contracts.consent import GRANTED, GrantedRequest, Purpose


class BusConsents:
    """Asks over the bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def granted(self, visitor_id: str) -> bool:
        reply = await self._bus.call(GRANTED, GrantedRequest(visitor_id=visitor_id))
        return Purpose.ANALYTICS in reply.purposes
