"""Tells gateways and analytics that a consent changed, before the answer goes out."""

from collections.abc import Sequence

from chassis.bus import Bus
from contracts.consent import CHANGED, ConsentChanged, Purpose


class SignalledChanges:
    """The port `Announcer` over the bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def changed(self, account_id: str | None, visitor_ids: Sequence[str], withdrawn: Sequence[str]) -> None:
        for visitor_id in visitor_ids or (None,):
            message = ConsentChanged(
                account_id=account_id, visitor_id=visitor_id, withdrawn=[Purpose(one) for one in withdrawn]
            )
            await self._bus.signal(CHANGED, message)
